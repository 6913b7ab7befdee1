// What operators write and folders hold: URLs and secrets of webhooks, names of backups, tokens,
// and ids of deliveries. A text is refused, or says again what it was read as.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "server/backup_files.hpp"
#include "server/token_file.hpp"
#include "server/webhook_request.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/kv/delivery_id.hpp"

namespace {

using namespace turntable;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void try_webhook(std::string_view text) {
    const std::size_t end = text.find('\n');
    const std::string_view url = text.substr(0, end);
    const std::string_view secret =
        end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    const auto target = server::WebhookTarget::create(url, secret);
    if (!target) {
        (void)target.error().to_string();
        return;
    }
    // What goes into a request is all of the URL, in two parts, and can break out of neither.
    require(target->origin.starts_with("http") && target->path.starts_with('/'));
    require(target->origin.size() + target->path.size() <= url.size() + 1);
    require((target->origin + target->path).find_first_of("\r\n \t#") == std::string::npos);
    require(secret.empty() == target->key.empty());
    require(target->key.empty() || target->key.size() >= server::webhook_secret_length_min);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try_webhook(text);
    if (const auto made = server::backup_time("main", text)) {
        require(server::backup_file_name("main", *made) == text);
    }
    if (const auto tokens = server::parse_tokens(text, "file"); tokens) {
        require(!tokens->empty());
    }
    static const auto random = Random::seeded(1);
    const std::string next = kv::next_delivery_id(text, *random);
    const std::uint32_t attempt = kv::delivery_attempt(text);
    require(attempt >= 1 && attempt <= kv::delivery_attempts_max);
    require(kv::delivery_attempt(next) == attempt + 1 || kv::delivery_attempt(next) == 1);
    require(next != text);
    return 0;
}
