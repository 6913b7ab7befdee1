#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expectation.hpp"
#include "turntable/tape/any_provider.hpp"
#include "watch.hpp"

namespace turntable::inline v0::tape::conformance {

using turntable::conformance::Location;
using turntable::conformance::Watch;

/// What a provider can do at all.
struct Abilities {
    bool writes = false;
    bool append = false;
};

/// A source of tape bytes in memory.
std::shared_ptr<Source> content_of(std::string_view bytes);

/// A stream of a provider, with the suite looking on.
///
/// Purpose: each piece goes into the trace and must hold something; behind the end is the end.
/// Ownership: owns the stream. Threads: one. Errors: those of the provider; throws Failure, Hang.
class TapeStream {
  public:
    TapeStream(Stream<Bytes> stream, std::shared_ptr<Watch> watch, std::string what)
        : inside_(std::make_shared<Stream<Bytes>>(std::move(stream))),
          watch_(std::move(watch)),
          what_(std::move(what)) {}
    Result<std::optional<Bytes>> next();
    /// All that is left.
    Result<std::string> rest();

  private:
    std::shared_ptr<Stream<Bytes>> inside_;
    std::shared_ptr<Watch> watch_;
    std::string what_;
    bool ended_ = false;
};

/// The provider under test, with the suite looking on, and the calls that cases make.
///
/// Purpose: each call goes into the trace, is waited for with patience, and is held to what the
/// contract says of the form of its answer. Calls give what comes of them; the functions below
/// them must work.
/// Ownership: shares the provider with calls that hang. Threads: any.
/// Errors: those of the provider; throws Failure and Hang.
class Tapes {
  public:
    Tapes(AnyProvider provider, std::shared_ptr<Watch> watch, std::string label)
        : inside_(std::make_shared<AnyProvider>(std::move(provider))),
          watch_(std::move(watch)),
          label_(std::move(label)) {}

    Result<TapeMetadata> save(const SaveRequest& request) const;
    Result<TapeMetadata> save(std::string_view bytes, std::optional<Labels> labels = {},
                              bool replace = false) const {
        return save(SaveRequest{content_of(bytes), std::move(labels), replace});
    }
    Result<StoredTape> load(std::string_view id) const;
    Result<std::uint64_t> append(std::string_view id, std::uint64_t offset, ByteView bytes) const;
    Result<TapeStream> stream(std::string_view id, const ContentRange& range = {}) const;
    Result<void> remove(std::string_view id) const;
    Result<TapePage> list(const SearchCriteria& criteria = {}) const;
    Result<TapeMetadata> get(std::string_view id) const;
    Result<TapeMetadata> update(std::string_view id, const LabelChange& change) const;
    Result<TapeMetadata> finish(std::string_view id) const;
    Result<InspectReport> inspect(const InspectOptions& options) const;
    Result<Health> health() const;
    Result<void> close() const;
    /// The whole of a stream.
    Result<std::string> read(std::string_view id, const ContentRange& range = {}) const;

    Abilities abilities() const;
    TapeMetadata put(std::string_view bytes, std::optional<Labels> labels = {},
                     const Location& where = Location::current()) const;
    /// Appends at `offset`, and gives where the next bytes go.
    std::uint64_t record(std::string_view id, std::uint64_t offset, std::string_view bytes,
                         const Location& where = Location::current()) const;
    TapeMetadata metadata(std::string_view id, const Location& where = Location::current()) const;
    std::string text(std::string_view id, const ContentRange& range = {},
                     const Location& where = Location::current()) const;
    /// Nothing is left of a tape.
    void expect_absent(std::string_view id, const Location& where = Location::current()) const;
    /// Exactly these tapes are listed, in any order.
    void expect_ids(std::vector<std::string> ids,
                    const Location& where = Location::current()) const;
    /// Content and metadata of a tape fit each other, in every way that they can be asked for.
    void expect_whole(std::string_view id, const Labels& labels,
                      const Location& where = Location::current()) const;

    /// The provider itself, for a case that must not wait.
    AnyProvider& provider() const noexcept { return *inside_; }
    /// Waits for what the provider gave.
    template <class T>
    Result<T> await(Async<T> async, const std::string& what) const {
        return watch_->await(std::move(async), what, inside_);
    }
    /// Destroys the provider without closing it.
    void drop() noexcept { inside_.reset(); }

  private:
    template <class T>
    Result<T> answered(const std::string& what, Async<T> async) const;

    std::shared_ptr<AnyProvider> inside_;
    std::shared_ptr<Watch> watch_;
    std::string label_;
};

}  // namespace turntable::inline v0::tape::conformance
