#pragma once

#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>

namespace turntable_bench {

/// The peer of memory: an ordered map behind a shared mutex, copying keys and values out.
class RawMap {
  public:
    void set(std::string_view key, std::string_view value) {
        const std::unique_lock guard(mutex_);
        map_.insert_or_assign(std::string(key), std::string(value));
    }
    std::size_t get(std::string_view key, std::string& out) const {
        const std::shared_lock guard(mutex_);
        const auto found = map_.find(key);
        if (found == map_.end()) {
            return 0;
        }
        out = found->second;
        return out.size();
    }
    std::size_t scan(std::string_view start, std::string_view end, std::string& out) const {
        const std::shared_lock guard(mutex_);
        std::size_t rows = 0;
        for (auto at = map_.lower_bound(start); at != map_.end() && at->first < end; ++at) {
            out += at->first;
            out += at->second;
            ++rows;
        }
        return rows;
    }

  private:
    mutable std::shared_mutex mutex_;
    std::map<std::string, std::string, std::less<>> map_;
};

}  // namespace turntable_bench
