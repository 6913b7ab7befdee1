#include "server/access.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "server/responses.hpp"

namespace turntable::inline v0::server {

namespace {

constexpr std::string_view data_token_prefix = "ttd.";
constexpr std::string_view anonymous = "anonymous";

/// Looks at every byte, whatever the first ones are.
bool same_digest(const Sha256Digest& a, const Sha256Digest& b) noexcept {
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference |= static_cast<unsigned>(a[i] ^ b[i]);
    }
    return difference == 0;
}

bool is_bearer(std::string_view word) noexcept {
    constexpr std::string_view bearer = "bearer";
    return std::ranges::equal(word, bearer, [](char given, char wanted) {
        return given == wanted || given == wanted - 'a' + 'A';
    });
}

/// The token of "Bearer TOKEN".
std::optional<std::string_view> bearer_token(std::string_view header) noexcept {
    const std::size_t space = header.find(' ');
    if (space == std::string_view::npos || !is_bearer(header.substr(0, space))) {
        return std::nullopt;
    }
    header.remove_prefix(space);
    header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
    return header.empty() ? std::nullopt : std::optional(header);
}

/// What a token for the data path says, and the proof that we said it.
struct DataToken {
    std::string_view name;
    std::int64_t expires_ms = 0;
    std::string_view proof;
};

std::optional<DataToken> parse_data_token(std::string_view text) noexcept {
    text.remove_prefix(data_token_prefix.size());
    const std::size_t proof = text.rfind('.');
    if (proof == std::string_view::npos) {
        return std::nullopt;
    }
    const std::size_t time = text.substr(0, proof).rfind('.');
    if (time == std::string_view::npos) {
        return std::nullopt;
    }
    DataToken token{.name = text.substr(0, time), .proof = text.substr(proof + 1)};
    const char* end = text.data() + proof;
    const auto [stop, error] = std::from_chars(text.data() + time + 1, end, token.expires_ms);
    return error == std::errc() && stop == end ? std::optional(token) : std::nullopt;
}

std::string proof_of(const AccessToken& token, std::string_view database, std::int64_t expires_ms) {
    std::string message = "turntable data token\n";
    message.append(database).append("\n").append(token.name).append("\n");
    message += std::to_string(expires_ms);
    return to_hex(hmac_sha256(token.secret, message));
}

Refusal unknown_token() {
    return {.text =
                "the access token is not known to this server; take the one from the file that "
                "the server names when it starts"};
}

Refusal ended() {
    return {.text =
                "the token has expired; make the metadata exchange again, or ask for a new "
                "access token"};
}

std::variant<Grant, Refusal> grant_of(const AccessToken& token, std::string_view database,
                                      std::optional<WallTime> expires, WallTime now) {
    if (expires && now >= *expires) {
        return ended();
    }
    if (!token.databases.empty() &&
        std::ranges::find(token.databases, database) == token.databases.end()) {
        return Refusal{.status = 403,
                       .text = "the access token is not for this database; use one that is"};
    }
    return Grant{.token_name = token.name, .read_only = token.read_only, .expires = expires};
}

}  // namespace

net::http::Response Refusal::response() const {
    net::http::Response response = text_response(status, text);
    if (status == 401) {
        response.headers.add("www-authenticate", "Bearer");
    }
    return response;
}

Access::Access(std::vector<AccessToken> tokens) {
    for (AccessToken& token : tokens) {
        const Sha256Digest digest = Sha256::of(token.secret);
        tokens_.push_back({std::move(token), digest});
    }
}

std::variant<Grant, Refusal> Access::admit(std::optional<std::string_view> authorization,
                                           std::string_view database, WallTime now) const {
    if (is_open()) {
        return Grant{.token_name = std::string(anonymous)};
    }
    if (!authorization) {
        return Refusal{.text =
                           "an access token is needed: send the header "
                           "'authorization: Bearer TOKEN'"};
    }
    const auto secret = bearer_token(*authorization);
    if (!secret) {
        return Refusal{.text = "the header authorization must be 'Bearer TOKEN'"};
    }
    return secret->starts_with(data_token_prefix) ? admit_data_token(*secret, database, now)
                                                  : admit_secret(*secret, database, now);
}

std::variant<Grant, Refusal> Access::admit_secret(std::string_view secret,
                                                  std::string_view database, WallTime now) const {
    const Sha256Digest digest = Sha256::of(secret);
    const Known* found = nullptr;
    for (const Known& known : tokens_) {
        if (same_digest(known.digest, digest)) {
            found = &known;
        }
    }
    if (found == nullptr) {
        return unknown_token();
    }
    return grant_of(found->token, database, found->token.expires, now);
}

std::variant<Grant, Refusal> Access::admit_data_token(std::string_view token,
                                                      std::string_view database,
                                                      WallTime now) const {
    const auto parsed = parse_data_token(token);
    const Known* known = parsed ? find(parsed->name) : nullptr;
    if (known == nullptr) {
        return unknown_token();
    }
    const std::string proof = proof_of(known->token, database, parsed->expires_ms);
    if (!same_digest(Sha256::of(proof), Sha256::of(parsed->proof))) {
        return unknown_token();
    }
    WallTime expires{std::chrono::milliseconds(parsed->expires_ms)};
    if (known->token.expires) {
        expires = std::min(expires, *known->token.expires);
    }
    return grant_of(known->token, database, expires, now);
}

const Access::Known* Access::find(std::string_view name) const noexcept {
    const auto found = std::ranges::find_if(
        tokens_, [name](const Known& known) { return known.token.name == name; });
    return found == tokens_.end() ? nullptr : &*found;
}

std::string Access::data_token(const Grant& grant, std::string_view database,
                               WallTime expires) const {
    const Known* known = find(grant.token_name);
    if (known == nullptr) {
        return std::string(anonymous);
    }
    const std::int64_t expires_ms = expires.time_since_epoch().count();
    return std::string(data_token_prefix) + known->token.name + "." + std::to_string(expires_ms) +
           "." + proof_of(known->token, database, expires_ms);
}

bool Access::still_holds(const Grant& grant, WallTime now) const noexcept {
    if (grant.expires && now >= *grant.expires) {
        return false;
    }
    return is_open() ? grant.token_name == anonymous : find(grant.token_name) != nullptr;
}

}  // namespace turntable::inline v0::server
