#include <algorithm>
#include <utility>

#include "tape/ledger.hpp"
#include "tape/metadata/calls.hpp"
#include "tape/metadata/derive.hpp"
#include "turntable/tape/metadata.hpp"

namespace turntable::inline v0::tape {

struct MetadataBuilder::State {
    TapeMetadata metadata;
    std::unique_ptr<Analyzer> analyzer;
    std::vector<Call> calls;
    std::function<void(const Call&)> each;
    NameCounter methods;
    NameCounter tools;
    NameCounter resources;
    NameCounter prompts;
    NameCounter error_codes;
    LatencyCounter latency;
    bool damaged = false;

    void take(const Frame& frame) {
        ++metadata.frames;
        metadata.bytes += payload_bytes(frame);
        metadata.redacted += frame.redacted.size();
        switch (frame.direction) {
            case Direction::client_to_server:
                ++metadata.client_frames;
                return;
            case Direction::server_to_client:
                ++metadata.server_frames;
                return;
            case Direction::server_aside:
                ++metadata.aside_frames;
                return;
        }
    }
    void take(const Gap& gap) { metadata.dropped += gap.frames; }
    void take(const End& end) {
        metadata.end_reason = end.reason;
        metadata.chain = end.chain;
    }
    template <class T>
    void take(const T&) {}

    void take_calls() {
        for (const Call& call : calls) {
            methods.add(call.method);
            tools.add(subject_of(call, tool_method));
            resources.add(subject_of(call, resource_method));
            prompts.add(subject_of(call, prompt_method));
            error_codes.add(call.error);
            if (call.took) {
                latency.add(*call.took);
            }
            if (each) {
                each(call);
            }
        }
        calls.clear();
    }
};

MetadataBuilder::MetadataBuilder(const Head& head, const AnalyzerFactory& analyzer,
                                 std::function<void(const Call&)> each)
    : state_(std::make_unique<State>()) {
    state_->each = std::move(each);
    TapeMetadata& metadata = state_->metadata;
    metadata.id = head.id;
    metadata.head_name = head.name;
    metadata.created = head.created;
    metadata.recorder = head.recorder;
    metadata.transport = head.transport;
    metadata.command = head.command;
    metadata.endpoint = head.endpoint;
    metadata.redaction = head.redaction;
    metadata.links = head.links;
    metadata.segment = head.segment.number;
    metadata.head_attributes = {head.attributes.begin(), head.attributes.end()};
    if (analyzer) {
        state_->analyzer = analyzer();
    }
    if (state_->analyzer != nullptr) {
        state_->analyzer->take(head, state_->calls);
    }
}
MetadataBuilder::MetadataBuilder(MetadataBuilder&& other) noexcept = default;
MetadataBuilder& MetadataBuilder::operator=(MetadataBuilder&& other) noexcept = default;
MetadataBuilder::~MetadataBuilder() = default;

void MetadataBuilder::take(const Record& record) {
    State& state = *state_;
    state.metadata.duration = std::max(state.metadata.duration, time_of(record));
    if (!std::holds_alternative<End>(record)) {
        state.metadata.end_reason.clear();
        state.metadata.chain.clear();
    }
    std::visit([&state](const auto& typed) { state.take(typed); }, record);
    if (state.analyzer != nullptr) {
        state.analyzer->take(record, state.calls);
        state.take_calls();
    }
}

void MetadataBuilder::damage() { state_->damaged = true; }

TapeMetadata MetadataBuilder::finish() {
    State& state = *state_;
    if (state.analyzer != nullptr) {
        state.metadata.facts = state.analyzer->finish(state.calls);
        state.take_calls();
    }
    TapeMetadata& metadata = state.metadata;
    metadata.labels = initial_labels(metadata);
    metadata.latency = state.latency.latency();
    metadata.methods = state.methods.counts();
    metadata.tools = state.tools.counts();
    metadata.resources = state.resources.counts();
    metadata.prompts = state.prompts.counts();
    metadata.error_codes = state.error_codes.counts();
    metadata.names_cut = state.methods.cut() || state.tools.cut() || state.resources.cut() ||
                         state.prompts.cut() || state.error_codes.cut();
    if (state.damaged) {
        metadata.state = TapeState::damaged;
    } else if (metadata.end_reason.empty()) {
        metadata.state = TapeState::interrupted;
    } else {
        metadata.state = metadata.dropped == 0 ? TapeState::complete : TapeState::incomplete;
    }
    return std::move(metadata);
}

Result<TapeMetadata> derive_metadata(std::unique_ptr<Source> source,
                                     const AnalyzerFactory& analyzer,
                                     const std::function<void(const Call&)>& each) {
    return derive_metadata(std::move(source), analyzer, Lookers{.call = each});
}

Result<TapeMetadata> derive_metadata(std::unique_ptr<Source> source,
                                     const AnalyzerFactory& analyzer, const Lookers& lookers) {
    TURNTABLE_TRY(const std::uint64_t stored_bytes, source->size());
    TURNTABLE_TRY(Reader reader, Reader::open(std::move(source)));
    MetadataBuilder builder(reader.head(), analyzer, lookers.call);
    // Each turn reads a line, or goes past a damaged one: the tape ends both.
    for (;;) {
        auto record = reader.next();
        if (!record) {
            if (record.error().code() != ErrorCode::corrupt) {
                return std::move(record).error();
            }
            builder.damage();
            continue;
        }
        if (!*record) {
            break;
        }
        builder.take(**record);
        if (lookers.record) {
            lookers.record(**record);
        }
    }
    TURNTABLE_TRY(const auto torn, reader.torn());
    TapeMetadata metadata = builder.finish();
    metadata.stored_bytes = stored_bytes;
    metadata.torn_bytes = torn ? torn->bytes : 0;
    return metadata;
}

}  // namespace turntable::inline v0::tape
