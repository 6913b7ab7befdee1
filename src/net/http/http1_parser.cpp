#include "net/http/http1_parser.hpp"

#include <algorithm>
#include <limits>

#include <boost/beast/http/basic_parser.hpp>

namespace turntable::inline v0::net::http {

namespace {

namespace beast = boost::beast;
using Code = beast::error_code;
using Text = beast::string_view;

std::string_view view(Text text) noexcept { return {text.data(), text.size()}; }

std::string lower(Text text) {
    std::string out(text.data(), text.size());
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

bool is_number(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 19 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

template <bool is_request>
class Parser final : public Http1Parser, private beast::http::basic_parser<is_request> {
    using Base = beast::http::basic_parser<is_request>;

  public:
    Parser(std::size_t head_bytes, std::size_t fields, bool to_head)
        : head_bytes_(head_bytes), fields_max_(fields) {
        // Beast counts the head as it is sent, with what stands between names and values.
        const std::size_t sent = head_bytes + fields * 4 + 64;
        this->header_limit(static_cast<std::uint32_t>(
            std::min<std::size_t>(sent, std::numeric_limits<std::uint32_t>::max())));
        this->body_limit(boost::none);
        if constexpr (!is_request) {
            this->skip(to_head);
        }
    }

    std::size_t feed(ByteView input) override {
        std::size_t used = 0;
        while (state_ != State::complete && state_ != State::failed) {
            const bool in_head = state_ == State::head;
            // The shortest end of a body in chunks, "0\r\n\r\n": Beast takes it for granted.
            if (!in_head && message_.chunked && chunk_left_ == 0 && input.size() - used < 5) {
                break;
            }
            Code error;
            used += this->put({input.data() + used, input.size() - used}, error);
            if (error == beast::http::error::need_more) {
                // The lines between chunks, and what follows the last, are heads too.
                if (input.size() - used > head_bytes_) {
                    fail(431);
                }
                break;
            }
            if (error) {
                fail(failure_ != 400 ? failure_ : status_of(error));
                break;
            }
            if (this->is_done()) {
                state_ = State::complete;
            } else if (this->is_header_done()) {
                state_ = State::body;
            }
            if (in_head || used == input.size()) {
                break;
            }
        }
        return used;
    }

    void end_of_input() override {
        if (state_ == State::complete || state_ == State::failed) {
            return;
        }
        if (!this->got_some()) {
            return fail(400);
        }
        Code error;
        this->put_eof(error);
        if (error) {
            fail(400);
        } else {
            state_ = State::complete;
        }
    }

  private:
    static int status_of(const Code& error) noexcept {
        if (error == beast::http::error::header_limit) {
            return 431;
        }
        return error == beast::http::error::bad_version ? 505 : 400;
    }
    void fail(int status) noexcept {
        failure_ = status;
        state_ = State::failed;
    }
    static void refuse(Code& error) { error = beast::http::error::bad_value; }

    void on_request_impl(beast::http::verb, Text method, Text target, int version, Code&) override {
        message_.method = std::string(view(method));
        message_.target = std::string(view(target));
        message_.version = version;
        bytes_ += target.size();
    }
    void on_response_impl(int status, Text, int version, Code&) override {
        message_.status = status;
        message_.version = version;
    }
    void on_field_impl(beast::http::field name, Text name_text, Text value, Code& error) override {
        const bool trailer = state_ != State::head;
        bytes_ += name_text.size() + value.size();
        if (++fields_ > fields_max_ || bytes_ > head_bytes_) {
            failure_ = 431;
            return refuse(error);
        }
        if (name == beast::http::field::content_length) {
            if (trailer || message_.headers.find("content-length") || !is_number(view(value))) {
                return refuse(error);
            }
        }
        if (name == beast::http::field::transfer_encoding) {
            if (trailer || message_.version == 10) {
                return refuse(error);
            }
            if (lower(value) != "chunked") {
                failure_ = 501;
                return refuse(error);
            }
        }
        std::string lower_name = lower(name_text);
        if (!is_field_name(lower_name) || !is_field_value(view(value))) {
            return refuse(error);
        }
        if (!trailer) {
            message_.headers.add(lower_name, view(value));
        }
    }
    void on_header_impl(Code& error) override {
        message_.keep_alive = this->keep_alive();
        message_.chunked = this->chunked();
        if (const auto length = this->content_length()) {
            message_.content_length = *length;
        }
        if (bytes_ > head_bytes_) {
            failure_ = 431;
            return refuse(error);
        }
        fields_ = bytes_ = 0;  // those after the body are counted anew
    }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
    std::size_t on_body_impl(Text piece, Code&) override {
        body_.append(piece.data(), piece.size());
        return piece.size();
    }
    void on_chunk_header_impl(std::uint64_t size, Text, Code&) override { chunk_left_ = size; }
    std::size_t on_chunk_body_impl(std::uint64_t, Text piece, Code&) override {
        chunk_left_ -= piece.size();
        body_.append(piece.data(), piece.size());
        return piece.size();
    }
    void on_finish_impl(Code&) override {}

    std::size_t head_bytes_;
    std::size_t fields_max_;
    std::size_t fields_ = 0;
    std::size_t bytes_ = 0;
    /// Of the chunk that comes.
    std::uint64_t chunk_left_ = 0;
};

}  // namespace

Http1Parser::~Http1Parser() = default;

std::unique_ptr<Http1Parser> Http1Parser::of_request(std::size_t head_bytes, std::size_t fields) {
    return std::make_unique<Parser<true>>(head_bytes, fields, false);
}

std::unique_ptr<Http1Parser> Http1Parser::of_response(std::size_t head_bytes, std::size_t fields,
                                                      bool to_head) {
    return std::make_unique<Parser<false>>(head_bytes, fields, to_head);
}

}  // namespace turntable::inline v0::net::http
