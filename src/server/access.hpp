#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "net/http/message.hpp"
#include "turntable/core/clock.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/sha256.hpp"

/// \file
/// Who may do what.
///
/// Purpose: access tokens, which people keep, and tokens for the data path, which the metadata
/// exchange hands out for a while. Ownership: values. Threads: const use from any thread.
/// Errors: a refusal is an answer: 401 when the token is the matter, 403 when it is a good one that
/// may not do this.
namespace turntable::inline v0::server {

/// One access token.
struct AccessToken {
    /// Unique; shows in logs, and is part of the tokens made from this one.
    std::string name;
    /// What a client sends.
    std::string secret;
    bool read_only = false;
    /// From then on it is refused; none: never.
    std::optional<WallTime> expires = {};
    /// Names of the databases that it opens; none: all.
    std::vector<std::string> databases = {};
};

/// What the holder of a good token may do.
struct Grant {
    /// Of the access token behind it; "anonymous" on a server without tokens.
    std::string token_name;
    bool read_only = false;
    /// When it ends; none: never.
    std::optional<WallTime> expires = {};
};

/// Why a caller is refused.
struct Refusal {
    int status = 401;
    std::string text;

    net::http::Response response() const;
};

/// All tokens of a server at one time.
///
/// Purpose: one comparison of a request with every token, which takes as long whether a token is
/// nearly right or not at all. Without any token everybody may do everything: `is_open()`.
/// Ownership: owns copies. Threads: const use from any thread. Errors: see above.
class TURNTABLE_EXPORT Access {
  public:
    /// The fewest characters of a secret, as for denokv.
    static constexpr std::size_t secret_length_min = 12;

    explicit Access(std::vector<AccessToken> tokens);

    bool is_open() const noexcept { return tokens_.empty(); }
    /// `authorization` is the value of that header, if there is one.
    std::variant<Grant, Refusal> admit(std::optional<std::string_view> authorization,
                                       std::string_view database, WallTime now) const;
    /// A token for the data path of one database, good until `expires`. It is good on every server
    /// that has the access token, also after a restart, and ends when that one is withdrawn.
    std::string data_token(const Grant& grant, std::string_view database, WallTime expires) const;
    /// Whether what was granted before still holds: the token is still there and has not ended.
    bool still_holds(const Grant& grant, WallTime now) const noexcept;

  private:
    struct Known {
        AccessToken token;
        Sha256Digest digest;
    };
    std::variant<Grant, Refusal> admit_secret(std::string_view secret, std::string_view database,
                                              WallTime now) const;
    std::variant<Grant, Refusal> admit_data_token(std::string_view token, std::string_view database,
                                                  WallTime now) const;
    const Known* find(std::string_view name) const noexcept;

    std::vector<Known> tokens_;
};

/// The tokens that count now.
///
/// Purpose: tokens change while requests go on: each request sees one set. Ownership: owns the
/// set; whoever asked keeps the one he got. Threads: any. Errors: none.
class TURNTABLE_EXPORT LiveAccess {
  public:
    explicit LiveAccess(std::vector<AccessToken> tokens)
        : access_(std::make_shared<const Access>(std::move(tokens))) {}

    std::shared_ptr<const Access> current() const {
        const std::scoped_lock guard(mutex_);
        return access_;
    }
    void replace(std::vector<AccessToken> tokens) {
        auto access = std::make_shared<const Access>(std::move(tokens));
        const std::scoped_lock guard(mutex_);
        access_.swap(access);
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Access> access_;
};

}  // namespace turntable::inline v0::server
