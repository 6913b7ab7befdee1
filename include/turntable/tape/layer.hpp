#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/tape/provider.hpp"

namespace turntable::inline v0::tape {

/// A provider that passes every call on to another: what a layer starts from.
///
/// Purpose: a layer is a class that derives from Layer<Inner> and hides what it does otherwise. The
/// optional calls are all there, and answer as AnyProvider does where the inner provider has none.
/// Ownership: owns the inner provider. Nothing is virtual: put the outermost layer into
/// AnyProvider. Threads: as the inner provider. Errors: those of the inner provider.
template <Provider Inner>
class Layer {
  public:
    explicit Layer(Inner inner) : inner_(std::move(inner)) {}

    Async<TapeMetadata> save_tape(const Context& context, const SaveRequest& request) {
        return inner_.save_tape(context, request);
    }
    /// A layer that changes save_tape changes this too.
    Async<SavedTapes> save_tapes(const Context& context, const std::vector<SaveRequest>& requests) {
        return provider_save_tapes(inner_, context, requests);
    }
    bool saves_in_batches() noexcept { return provider_saves_in_batches(inner_); }
    Async<StoredTape> load_tape(const Context& context, std::string_view id) {
        return inner_.load_tape(context, id);
    }
    Async<std::uint64_t> append(const Context& context, std::string_view id, std::uint64_t offset,
                                ByteView bytes) {
        return inner_.append(context, id, offset, bytes);
    }
    Result<Stream<Bytes>> stream(const Context& context, std::string_view id,
                                 const ContentRange& range) {
        return inner_.stream(context, id, range);
    }
    Async<void> delete_tape(const Context& context, std::string_view id) {
        return inner_.delete_tape(context, id);
    }
    Async<TapePage> list_tapes(const Context& context, const SearchCriteria& criteria) {
        return inner_.list_tapes(context, criteria);
    }
    Async<TapeMetadata> get_metadata(const Context& context, std::string_view id) {
        return inner_.get_metadata(context, id);
    }
    Async<TapeMetadata> update_metadata(const Context& context, std::string_view id,
                                        const LabelChange& change) {
        return inner_.update_metadata(context, id, change);
    }
    Async<TapeMetadata> finish_tape(const Context& context, std::string_view id) {
        return provider_finish_tape(inner_, context, id);
    }
    Async<InspectReport> inspect(const Context& context, const InspectOptions& options) {
        return provider_inspect(inner_, context, options);
    }
    Async<Health> health_check(const Context& context) { return provider_health(inner_, context); }
    Async<void> close(const Context& context) { return inner_.close(context); }

    Inner& inner() noexcept { return inner_; }
    const Inner& inner() const noexcept { return inner_; }

  private:
    Inner inner_;
};

}  // namespace turntable::inline v0::tape
