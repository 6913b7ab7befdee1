#pragma once

#include <memory>
#include <string>
#include <utility>

#include "turntable/blob/memory.hpp"
#include "turntable/conformance/blob/subject.hpp"

namespace turntable::conformance_test {

/// The required calls of the blob contract, passed on.
///
/// Purpose: a backend from which the core builds the rest, and the base of those that are wrong.
/// Ownership: owns the backend inside. Threads, errors: as inside.
class RequiredOnly {
  public:
    explicit RequiredOnly(blob::MemoryBackend inside) : inside_(std::move(inside)) {}

    blob::Capabilities capabilities() const {
        blob::Capabilities can = inside_.capabilities();
        can.atomic_rename = false;  // it is a copy and a removal
        return can;
    }
    Async<blob::Metadata> stat(const Context& context, std::string_view path,
                               const blob::Conditions& conditions) {
        return inside_.stat(context, path, conditions);
    }
    Async<blob::ReadHandle> open_read(const Context& context, std::string_view path,
                                      const blob::Conditions& conditions) {
        return inside_.open_read(context, path, conditions);
    }
    Async<blob::WriteHandle> open_write(const Context& context, std::string_view path,
                                        const blob::WriteOptions& options) {
        return inside_.open_write(context, path, options);
    }
    Result<Stream<blob::EntryPage>> list(const Context& context, std::string_view prefix,
                                         const blob::ListOptions& options) {
        return inside_.list(context, prefix, options);
    }
    Async<void> remove(const Context& context, std::string_view path,
                       const blob::RemoveOptions& options) {
        return inside_.remove(context, path, options);
    }
    Async<void> create_dir(const Context& context, std::string_view path) {
        return inside_.create_dir(context, path);
    }
    Async<Health> health(const Context& context) { return inside_.health(context); }
    Async<void> close(const Context& context) { return inside_.close(context); }

  private:
    blob::MemoryBackend inside_;
};

/// Opens memory and puts something around it.
template <class Around>
blob::conformance::Subject::Open open_blob_memory(Around around, blob::MemoryOptions options = {}) {
    return [=](const std::shared_ptr<Runtime>& runtime) -> Result<blob::AnyBackend> {
        blob::MemoryOptions with = options;
        with.runtime = runtime;
        return blob::AnyBackend(around(blob::MemoryBackend(std::move(with))));
    };
}

}  // namespace turntable::conformance_test
