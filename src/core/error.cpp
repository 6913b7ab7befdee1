#include "turntable/core/error.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "turntable/core/result.hpp"

namespace turntable::inline v0 {

namespace {

constexpr std::array<std::string_view, 23> code_names = {
    "not_found",
    "already_exists",
    "permission_denied",
    "invalid_argument",
    "type_mismatch",
    "out_of_range",
    "invalid_config",
    "unknown_provider",
    "unsupported",
    "serialization",
    "io",
    "no_space",
    "corrupt",
    "limit_exceeded",
    "conflict",
    "condition_failed",
    "busy",
    "timeout",
    "cancelled",
    "closed",
    "would_deadlock",
    "commit_unknown",
    "backend",
};
static_assert(code_names.size() == static_cast<std::size_t>(ErrorCode::backend) + 1);

Retry initial_retry(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::busy:
        case ErrorCode::conflict:
        case ErrorCode::timeout:
            return Retry::temporary;
        default:
            return Retry::permanent;
    }
}

/// Appends `text` with control characters made visible, so that an error stays one line.
void append_one_line(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n') {
            out += "\\n";
        } else if (byte < 0x20 || byte == 0x7f) {
            out += "\\x";
            out += digits[byte >> 4U];
            out += digits[byte & 15U];
        } else {
            out += c;
        }
    }
}

}  // namespace

std::string_view to_string(ErrorCode code) noexcept {
    return code_names[static_cast<std::size_t>(code)];
}

std::string_view to_string(Retry retry) noexcept {
    switch (retry) {
        case Retry::permanent:
            return "permanent";
        case Retry::temporary:
            return "temporary";
        case Retry::exhausted:
            return "exhausted";
    }
    return "permanent";
}

struct Error::Record {
    std::atomic<std::size_t> references{1};
    ErrorCode code;
    Retry retry;
    std::string message;
    std::string operation;
    std::string url;
    std::vector<std::pair<std::string, std::string>> context;
    std::optional<std::int64_t> backend_code;
    std::optional<Error> cause;

    Record(ErrorCode c, std::string m) : code(c), retry(initial_retry(c)), message(std::move(m)) {}
    Record(const Record& other)
        : code(other.code),
          retry(other.retry),
          message(other.message),
          operation(other.operation),
          url(other.url),
          context(other.context),
          backend_code(other.backend_code),
          cause(other.cause) {}
    Record& operator=(const Record&) = delete;
    ~Record() = default;
};

Error::Error(ErrorCode code, std::string message) : record_(new Record(code, std::move(message))) {}

Error::Error(const Error& other) noexcept : record_(other.record_) {
    if (record_ != nullptr) {
        record_->references.fetch_add(1, std::memory_order_relaxed);
    }
}

Error::~Error() {
    if (record_ != nullptr && record_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        delete record_;
    }
}

Error::Record& Error::own() {
    if (record_->references.load(std::memory_order_acquire) != 1) {
        Error copy(ErrorCode::backend, {});
        delete std::exchange(copy.record_, new Record(*record_));
        *this = std::move(copy);
    }
    return *record_;
}

ErrorCode Error::code() const noexcept { return record_->code; }
Retry Error::retry() const noexcept { return record_->retry; }
const std::string& Error::message() const noexcept { return record_->message; }
const std::string& Error::operation() const noexcept { return record_->operation; }
const std::string& Error::url() const noexcept { return record_->url; }
const std::vector<std::pair<std::string, std::string>>& Error::context() const noexcept {
    return record_->context;
}
std::optional<std::int64_t> Error::backend_code() const noexcept { return record_->backend_code; }
const Error* Error::cause() const noexcept {
    return record_->cause.has_value() ? &*record_->cause : nullptr;
}

Error& Error::with(std::string name, std::string value) & {
    own().context.emplace_back(std::move(name), std::move(value));
    return *this;
}
Error&& Error::with(std::string name, std::string value) && {
    return std::move(with(std::move(name), std::move(value)));
}
Error& Error::during(std::string_view operation) & {
    if (record_->operation.empty()) {
        own().operation = operation;
    }
    return *this;
}
Error&& Error::during(std::string_view operation) && { return std::move(during(operation)); }
Error& Error::on(std::string_view masked_url) & {
    if (record_->url.empty()) {
        own().url = masked_url;
    }
    return *this;
}
Error&& Error::on(std::string_view masked_url) && { return std::move(on(masked_url)); }
Error& Error::because(Error cause) & {
    own().cause = std::move(cause);
    return *this;
}
Error&& Error::because(Error cause) && { return std::move(because(std::move(cause))); }
Error& Error::with_retry(Retry retry) & {
    own().retry = retry;
    return *this;
}
Error&& Error::with_retry(Retry retry) && { return std::move(with_retry(retry)); }
Error& Error::with_backend_code(std::int64_t code) & {
    own().backend_code = code;
    return *this;
}
Error&& Error::with_backend_code(std::int64_t code) && {
    return std::move(with_backend_code(code));
}

std::string Error::to_string() const {
    std::string out;
    append_one_line(out, operation());
    if (!url().empty()) {
        out += out.empty() ? "" : " on ";
        append_one_line(out, url());
    }
    out += out.empty() ? "" : ": ";
    append_one_line(out, message());
    out += " (";
    out += turntable::to_string(code());
    if (retry() != Retry::permanent) {
        out += ", ";
        out += turntable::to_string(retry());
    }
    if (backend_code().has_value()) {
        out += ", engine code " + std::to_string(*backend_code());
    }
    for (const auto& [name, value] : context()) {
        out += "; ";
        append_one_line(out, name);
        out += '=';
        append_one_line(out, value);
    }
    out += ')';
    if (const Error* inner = cause(); inner != nullptr) {
        out += " because ";
        out += inner->to_string();
    }
    return out;
}

namespace detail {

void bad_result_access(const Error& error) noexcept {
    std::fprintf(stderr, "turntable: the value of a failed Result was taken: %s\n",
                 error.to_string().c_str());
    std::abort();
}

}  // namespace detail

}  // namespace turntable::inline v0
