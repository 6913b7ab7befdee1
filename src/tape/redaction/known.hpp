#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace turntable::inline v0::tape {

/// Secrets whose bytes are known, in every form in which they are looked for.
class KnownSecrets {
  public:
    /// False if it is too short, there already, or one too many.
    bool add(std::string_view secret);

    using Found = std::function<void(std::size_t begin, std::size_t end, std::string_view secret)>;
    void find(std::string_view text, const Found& found) const;

  private:
    struct Needle {
        std::string text;
        std::size_t secret;
        /// In base64, the characters at both ends hold bits of what stands beside.
        bool base64;
    };
    void add_needle(std::string text, std::size_t secret, bool base64);

    std::vector<std::string> secrets_;
    std::vector<Needle> needles_;
};

}  // namespace turntable::inline v0::tape
