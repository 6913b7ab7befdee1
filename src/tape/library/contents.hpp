#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "turntable/blob/store.hpp"
#include "turntable/tape/metadata.hpp"
#include "turntable/tape/provider.hpp"
#include "turntable/tape/storage.hpp"
#include "turntable/tape/writer.hpp"

/// \file
/// Tapes and their labels as blobs: what a stock provider keeps beside its index.
namespace turntable::inline v0::tape {

/// Where the blobs of a store are, by the ids of tapes.
struct StoredContents {
    struct Content {
        std::string path;
        std::uint64_t bytes = 0;
    };
    std::map<std::string, Content> contents;
    std::map<std::string, std::string> labels;
};

Error tape_exists(std::string_view id);

class Contents {
  public:
    explicit Contents(blob::Store blobs) : blobs_(std::move(blobs)) {}

    /// The blob of a tape, if it is there. A tape has one blob, of one form.
    Result<std::optional<StoredContents::Content>> find(std::string_view id,
                                                        const CallOptions& call) const;
    /// `not_found` if there is none.
    Result<StoredContents::Content> get(std::string_view id, const CallOptions& call) const;
    /// Stores a whole tape; `existing` is its blob, which is replaced. Gives the stored bytes.
    Result<std::uint64_t> save(std::string_view id, const std::shared_ptr<Source>& content,
                               Compression wanted,
                               const std::optional<StoredContents::Content>& existing,
                               const CallOptions& call) const;
    /// See tape::Provider.
    Result<std::uint64_t> append(std::string_view id, std::uint64_t offset, ByteView bytes,
                                 const CallOptions& call) const;
    Result<std::unique_ptr<Source>> source(std::string_view id, const CallOptions& call) const;
    /// False: there was none.
    Result<bool> remove(std::string_view id, const CallOptions& call) const;

    /// None: nobody said anything but what initial_labels() gives.
    Result<std::optional<Labels>> labels(std::string_view id, const CallOptions& call) const;
    /// Those of the metadata; initial ones are no blob.
    Result<void> put_labels(const TapeMetadata& tape, const CallOptions& call) const;

    Result<StoredContents> list(const CallOptions& call) const;

    const blob::Store& blobs() const noexcept { return blobs_; }

  private:
    blob::Store blobs_;
};

}  // namespace turntable::inline v0::tape
