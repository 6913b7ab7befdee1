#pragma once

#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "blob/watched.hpp"
#include "expectation.hpp"
#include "turntable/blob/store.hpp"
#include "turntable/conformance/blob/run.hpp"

namespace turntable::inline v0::blob::conformance {

using turntable::conformance::expect;
using turntable::conformance::expect_code;
using turntable::conformance::expect_equal;
using turntable::conformance::expect_ok;
using turntable::conformance::fail;
using turntable::conformance::Failure;
using turntable::conformance::in_rounds;
using turntable::conformance::in_threads;
using turntable::conformance::Location;
using turntable::conformance::NotApplicable;
using turntable::conformance::show;

/// An open store with the calls that cases make.
///
/// Purpose: cases read as sentences: `store.put("a", "x")` must work, `store->write("a", "x")`
/// gives what comes of it.
/// Ownership: a handle on the backend, which goes with it. Threads: any.
/// Errors: what begins with `expect_`, and put, text and names, throw a Failure.
class Store {
  public:
    explicit Store(blob::Store store) : store_(std::move(store)) {}

    const blob::Store* operator->() const noexcept { return &store_; }
    const Capabilities& can() const noexcept { return store_.capabilities(); }

    Metadata put(std::string_view path, ByteView content, const WriteOptions& options = {},
                 const Location& where = Location::current()) const;
    /// Files with the one byte `x`; paths with a slash at the end become directories.
    void put_all(const std::vector<std::string>& paths,
                 const Location& where = Location::current()) const;
    std::string text(std::string_view path, const ByteRange& range = {},
                     const Location& where = Location::current()) const;
    Metadata stat(std::string_view path, const Location& where = Location::current()) const;
    void expect_text(std::string_view path, std::string_view text,
                     const Location& where = Location::current()) const;
    void expect_absent(std::string_view path, const Location& where = Location::current()) const;
    void expect_directory(std::string_view path, const Location& where = Location::current()) const;

    std::vector<Entry> entries(std::string_view prefix, const ListOptions& options = {},
                               const Location& where = Location::current()) const;
    /// In byte order.
    std::vector<std::string> names(std::string_view prefix, const ListOptions& options = {},
                                   const Location& where = Location::current()) const;
    void expect_names(std::string_view prefix, const ListOptions& options,
                      std::vector<std::string> expected,
                      const Location& where = Location::current()) const;
    /// All files in the store.
    void expect_files(std::vector<std::string> expected,
                      const Location& where = Location::current()) const;

    /// A content type and user metadata, as far as the store takes them.
    WriteOptions attributes() const;
    void expect_attributes(std::string_view path,
                           const Location& where = Location::current()) const;
    void expect_no_attributes(std::string_view path,
                              const Location& where = Location::current()) const;

  private:
    blob::Store store_;
};

/// What a case works with: the stores of the subject, chance, and the trace.
///
/// Purpose: the argument of each case. Ownership: owns the stores it opened. Threads: one thread at
/// a time. Errors: throws Failure.
class Environment {
  public:
    Environment(const Subject& subject, const Options& options);

    const Options& options() const noexcept { return options_; }
    const Subject& subject() const noexcept { return subject_; }
    /// The first store, opened when first asked for.
    Store& store();
    Store& reopen() { return open(subject_.reopen, "reopened"); }
    Store& second() { return open(subject_.open_second, "second"); }

    /// Bytes that do not repeat, the same for the same seed.
    std::string content(std::size_t bytes);
    /// What hangs is kept where it was waited for.
    static void abandon() noexcept {}
    std::vector<std::string> take_trace() { return watch_->trace().take(); }

  private:
    Store& open(const Subject::Open& open, std::string label);

    const Subject& subject_;
    const Options& options_;
    std::shared_ptr<Runtime> runtime_;
    std::shared_ptr<Watch> watch_;
    std::vector<std::unique_ptr<Store>> stores_;
    std::mt19937_64 random_;
};

}  // namespace turntable::inline v0::blob::conformance
