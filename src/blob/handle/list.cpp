#include "turntable/blob/list.hpp"

namespace turntable::inline v0::blob {

List::List(std::shared_ptr<const turntable::detail::HandleCore> core,
           Result<Stream<EntryPage>> pages)
    : core_(std::move(core)) {
    if (pages) {
        pages_.emplace(*std::move(pages));
    } else {
        error_ = std::move(pages).error();
    }
}

List::~List() = default;

Result<std::optional<Entry>> List::next(const CallOptions& call) {
    while (position_ == page_.size() && !error_) {
        if (!pages_) {
            return std::optional<Entry>();
        }
        auto page = pages_->next(call.context(*core_->runtime, true)).wait();
        if (!page) {
            error_ = std::move(page).error();
        } else if (page->has_value()) {
            page_ = **std::move(page);
            position_ = 0;
        } else {
            pages_.reset();
        }
    }
    if (position_ < page_.size()) {
        return std::optional(std::move(page_[position_++]));
    }
    Result<std::optional<Entry>> failed = *std::move(error_);
    error_.reset();
    pages_.reset();
    return detail::named(std::move(failed), "list", *core_);
}

}  // namespace turntable::inline v0::blob
