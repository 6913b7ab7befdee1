#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "turntable/conformance/tape/subject.hpp"

namespace turntable::conformance_test {

/// Ways to be wrong that a provider can be asked for, each a mistake that a real one could have,
/// with the case that must notice.
///
/// Purpose: the suite is worth what it catches. Ownership, threads, errors: none.
enum class TapeDefect : std::uint8_t {
    none,
#define TURNTABLE_TAPE_DEFECT(name, caught_by) name,
#include "conformance/tape_defects.inc"
#undef TURNTABLE_TAPE_DEFECT
};

/// A provider with one defect.
///
/// Purpose: what the seeded defects are tried with. Ownership: shares the provider inside with its
/// streams. Threads: any. Errors: those of the provider inside, and those of the defect.
class FaultyTapes {
  public:
    FaultyTapes(tape::AnyProvider provider, TapeDefect defect);

    Async<tape::TapeMetadata> save_tape(const Context& context, tape::SaveRequest request);
    Async<tape::StoredTape> load_tape(const Context& context, std::string_view id);
    Async<std::uint64_t> append(const Context& context, std::string_view id, std::uint64_t offset,
                                ByteView bytes);
    Result<Stream<Bytes>> stream(const Context& context, std::string_view id,
                                 tape::ContentRange range);
    Async<void> delete_tape(const Context& context, std::string_view id);
    Async<tape::TapePage> list_tapes(const Context& context, tape::SearchCriteria criteria);
    Async<tape::TapeMetadata> get_metadata(const Context& context, std::string_view id);
    Async<tape::TapeMetadata> update_metadata(const Context& context, std::string_view id,
                                              const tape::LabelChange& change);
    Async<Health> health_check(const Context& context);
    Async<tape::TapeMetadata> finish_tape(const Context& context, std::string_view id);
    Async<tape::InspectReport> inspect(const Context& context, const tape::InspectOptions& options);
    Async<void> close(const Context& context);

    struct Inside;

  private:
    tape::AnyProvider& inner() const;
    bool has(TapeDefect defect) const;
    bool is_there(std::string_view id) const;

    std::shared_ptr<Inside> inside_;
};

static_assert(tape::Provider<FaultyTapes> && tape::ProviderWithHealth<FaultyTapes> &&
              tape::ProviderWithFinish<FaultyTapes> && tape::ProviderWithInspect<FaultyTapes>);

tape::conformance::Subject faulty_tape_subject(TapeDefect defect);

/// The tapes of `memory:NAME`, or private ones without a name.
Result<tape::AnyProvider> open_tape_memory(const std::string& name,
                                           const tape::OpenOptions& options);

}  // namespace turntable::conformance_test
