#include <algorithm>
#include <utility>

#include "kv_connect/rfc3339.hpp"
#include "server/served_database.hpp"
#include "server/token_file.hpp"

namespace turntable::inline v0::server {

namespace {

constexpr std::size_t secret_length_max = 1024;

std::string_view next_word(std::string_view& line) noexcept {
    line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
    line.remove_prefix(word.size());
    return word;
}

Error wrong_word(std::string what) { return {ErrorCode::invalid_config, std::move(what)}; }

Result<std::vector<std::string>> database_list(std::string_view names) {
    std::vector<std::string> out;
    while (!names.empty()) {
        const std::string_view name = names.substr(0, names.find(','));
        if (!is_database_name(name)) {
            return wrong_word("'" + std::string(name) + "' cannot be the name of a database");
        }
        out.emplace_back(name);
        names.remove_prefix(std::min(name.size() + 1, names.size()));
    }
    if (out.empty()) {
        return wrong_word("databases= names none; leave it out for all of them");
    }
    return out;
}

Result<void> add_property(AccessToken& token, std::string_view word) {
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
    if (word == "read-only") {
        token.read_only = true;
    } else if (name == "name") {
        if (!is_database_name(value)) {
            return wrong_word("a name is 1 to 64 letters, digits, '-', '_' and '.'");
        }
        token.name = value;
    } else if (name == "expires") {
        token.expires = kv::connect::parse_rfc3339(value);
        if (!token.expires) {
            return wrong_word("expires must be a time such as 2026-12-31T00:00:00Z");
        }
    } else if (name == "databases") {
        TURNTABLE_TRY(token.databases, database_list(value));
    } else {
        return wrong_word(
            "after the token there may be name=NAME, read-only, expires=TIME and "
            "databases=A,B, and nothing else");
    }
    return {};
}

Result<AccessToken> token_of(std::string_view line) {
    const std::string_view secret = next_word(line);
    TURNTABLE_CHECK(check_token_secret(secret));
    AccessToken token = plain_token(std::string(secret));
    for (std::string_view word = next_word(line); !word.empty(); word = next_word(line)) {
        TURNTABLE_CHECK(add_property(token, word));
    }
    return token;
}

Result<void> check_unique(const std::vector<AccessToken>& tokens, const AccessToken& token) {
    for (const AccessToken& other : tokens) {
        if (other.name == token.name || other.secret == token.secret) {
            return wrong_word("another line has this token or its name " + token.name + " already");
        }
    }
    return {};
}

}  // namespace

Result<void> check_token_secret(std::string_view secret) {
    if (secret.size() < Access::secret_length_min || secret.size() > secret_length_max) {
        return wrong_word("a token has " + std::to_string(Access::secret_length_min) + " to " +
                          std::to_string(secret_length_max) + " characters");
    }
    const auto is_visible = [](char c) { return c > ' ' && c <= '~'; };
    if (!std::ranges::all_of(secret, is_visible) || secret.starts_with("ttd.")) {
        return wrong_word("a token is visible ASCII, and does not begin with 'ttd.'");
    }
    return {};
}

AccessToken plain_token(std::string secret) {
    constexpr std::size_t name_digits = 8;
    return {.name = to_hex(Sha256::of(secret)).substr(0, name_digits), .secret = std::move(secret)};
}

std::vector<AccessToken> with_more_tokens(std::vector<AccessToken> of_file,
                                          const std::vector<AccessToken>& more) {
    for (const AccessToken& token : more) {
        if (check_unique(of_file, token)) {
            of_file.push_back(token);
        }
    }
    return of_file;
}

Result<std::vector<AccessToken>> parse_tokens(std::string_view text, std::string_view path) {
    std::vector<AccessToken> tokens;
    for (std::size_t number = 1; !text.empty(); ++number) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        std::string_view rest = line;
        const std::string_view first = next_word(rest);
        if (first.empty() || first.starts_with('#')) {
            continue;
        }
        auto token = token_of(line);
        Result<void> fits = token ? check_unique(tokens, *token) : Result<void>(token.error());
        if (!fits) {
            return Error(
                ErrorCode::invalid_config,
                std::string(path) + ":" + std::to_string(number) + ": " + fits.error().message());
        }
        tokens.push_back(*std::move(token));
    }
    if (tokens.empty()) {
        return Error(ErrorCode::invalid_config,
                     std::string(path) + " has no token; remove the file to have one made");
    }
    return tokens;
}

}  // namespace turntable::inline v0::server
