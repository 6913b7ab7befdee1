#include "mcp/replay/batches.hpp"

#include <algorithm>

namespace turntable::inline v0::mcp {

namespace {

Bytes as_array(const std::string& answers) { return Bytes::take("[" + answers + "]\n"); }

}  // namespace

void BatchAnswers::expect(const std::vector<Message>& messages) {
    Batch batch;
    for (const Message& message : messages) {
        if (message.batched && message.kind == MessageKind::request) {
            batch.open.emplace(message.id);
        }
    }
    if (!batch.open.empty()) {
        batches_.push_back(std::move(batch));
    }
}

std::size_t BatchAnswers::find(std::string_view id) const {
    const auto found = std::find_if(batches_.begin(), batches_.end(),
                                    [id](const Batch& batch) { return batch.open.contains(id); });
    return static_cast<std::size_t>(found - batches_.begin());
}

std::optional<Bytes> BatchAnswers::close(std::size_t batch, std::string_view id) {
    Batch& its = batches_[batch];
    its.open.erase(its.open.find(id));
    if (!its.open.empty()) {
        return std::nullopt;
    }
    const std::string answers = std::move(its.answers);
    batches_.erase(batches_.begin() + static_cast<std::ptrdiff_t>(batch));
    return answers.empty() ? std::nullopt : std::optional(as_array(answers));
}

std::optional<Bytes> BatchAnswers::take(const Bytes& line) {
    if (batches_.empty()) {
        return line;
    }
    const std::vector<Message> messages = read_messages(line);
    if (messages.size() != 1 || !messages[0].is_answer()) {
        return line;
    }
    const std::size_t batch = find(messages[0].id);
    if (batch == batches_.size()) {
        return line;
    }
    std::string& answers = batches_[batch].answers;
    answers += answers.empty() ? "" : ",";
    answers += messages[0].text;
    return close(batch, messages[0].id);
}

std::optional<Bytes> BatchAnswers::forget(std::string_view id) {
    const std::size_t batch = find(id);
    return batch == batches_.size() ? std::nullopt : close(batch, id);
}

std::vector<Bytes> BatchAnswers::flush() {
    std::vector<Bytes> out;
    for (const Batch& batch : batches_) {
        if (!batch.answers.empty()) {
            out.push_back(as_array(batch.answers));
        }
    }
    batches_.clear();
    return out;
}

}  // namespace turntable::inline v0::mcp
