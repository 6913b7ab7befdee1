#include "turntable/tape/metadata_json.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace turntable::inline v0::tape {

namespace {

using Json = nlohmann::ordered_json;

/// Calls `visit(name, member)` for each plain member: the one list for both directions.
template <class Metadata, class Visit>
void visit_numbers(Metadata& m, const Visit& visit) {
    visit("segment", m.segment);
    visit("frames", m.frames);
    visit("client_frames", m.client_frames);
    visit("server_frames", m.server_frames);
    visit("aside_frames", m.aside_frames);
    visit("bytes", m.bytes);
    visit("stored_bytes", m.stored_bytes);
    visit("dropped", m.dropped);
    visit("redacted", m.redacted);
    visit("torn_bytes", m.torn_bytes);
    visit("requests", m.facts.requests);
    visit("notifications", m.facts.notifications);
    visit("errors", m.facts.errors);
    visit("unanswered", m.facts.unanswered);
    visit("noise", m.facts.noise);
    visit("calls", m.latency.calls);
}
template <class Metadata, class Visit>
void visit_texts(Metadata& m, const Visit& visit) {
    visit("head_name", m.head_name);
    visit("recorder", m.recorder);
    visit("transport", m.transport);
    visit("endpoint", m.endpoint);
    visit("redaction", m.redaction);
    visit("end_reason", m.end_reason);
    visit("chain", m.chain);
    visit("protocol", m.facts.protocol);
    visit("client", m.facts.client.name);
    visit("client_version", m.facts.client.version);
    visit("server", m.facts.server.name);
    visit("server_version", m.facts.server.version);
}
template <class Metadata, class Visit>
void visit_times(Metadata& m, const Visit& visit) {
    visit("duration_ns", m.duration);
    visit("least_ns", m.latency.least);
    visit("average_ns", m.latency.average);
    visit("p50_ns", m.latency.p50);
    visit("p95_ns", m.latency.p95);
    visit("most_ns", m.latency.most);
}
template <class Metadata, class Visit>
void visit_names(Metadata& m, const Visit& visit) {
    visit("methods", m.methods);
    visit("tools", m.tools);
    visit("resources", m.resources);
    visit("prompts", m.prompts);
    visit("error_codes", m.error_codes);
}
template <class Values, class Visit>
void visit_labels(Values& labels, const Visit& visit) {
    visit("name", labels.name);
    visit("description", labels.description);
    visit("tags", labels.tags);
    visit("notes", labels.notes);
    visit("attributes", labels.attributes);
}

void put_labels(Json& json, const Labels& labels) {
    visit_labels(labels, [&json](const char* name, const auto& value) {
        if (!value.empty()) {
            json[name] = value;
        }
    });
    if (labels.pinned) {
        json["pinned"] = true;
    }
}

template <class T>
void take(const Json& json, const char* name, T& value) {
    if (const auto found = json.find(name); found != json.end()) {
        found->get_to(value);
    }
}

Labels take_labels(const Json& json) {
    Labels labels;
    visit_labels(labels, [&json](const char* name, auto& value) { take(json, name, value); });
    take(json, "pinned", labels.pinned);
    return labels;
}

/// Texts of a tape may be any bytes; those of a line are UTF-8.
std::string line(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Error not_json(std::string_view what, std::string_view why) {
    return Error(ErrorCode::corrupt,
                 "this is no line of " + std::string(what) + ": " + std::string(why));
}

TapeMetadata from(const Json& json) {
    TapeMetadata m;
    m.id = json.at("id").get<std::string>();
    m.labels = take_labels(json);
    const auto state = parse_tape_state(json.at("state").get<std::string>());
    const auto created = parse_wall_time(json.at("created").get<std::string>());
    if (!state || !created) {
        throw std::invalid_argument(state ? "wrong time" : "unknown state");
    }
    m.state = *state;
    m.created = *created;
    visit_texts(m, [&json](const char* name, std::string& value) { take(json, name, value); });
    visit_numbers(m, [&json](const char* name, std::uint64_t& value) { take(json, name, value); });
    visit_times(m, [&json](const char* name, TapeTime& value) {
        value = TapeTime(json.value(name, std::int64_t{0}));
    });
    take(json, "command", m.command);
    take(json, "versions", m.facts.versions);
    take(json, "head_attributes", m.head_attributes);
    take(json, "names_cut", m.names_cut);
    if (const auto links = json.find("links"); links != json.end()) {
        for (const Json& link : *links) {
            m.links.push_back({link.at("relation").get<std::string>(), link.at("id")});
        }
    }
    visit_names(m, [&json](const char* name, std::vector<NameCount>& counts) {
        if (const auto found = json.find(name); found != json.end()) {
            for (const auto& [key, count] : found->items()) {
                counts.push_back({key, count.template get<std::uint64_t>()});
            }
        }
    });
    return m;
}

}  // namespace

std::string to_json(const Labels& labels) {
    Json json = Json::object();
    put_labels(json, labels);
    return line(json);
}

Result<Labels> labels_from_json(std::string_view text) {
    try {
        return take_labels(Json::parse(text));
    } catch (const std::exception& exception) {
        return not_json("labels", exception.what());
    }
}

std::string to_json(const TapeMetadata& m) {
    Json json = {{"id", m.id}};
    put_labels(json, m.labels);
    json["state"] = to_string(m.state);
    json["created"] = to_string(m.created);
    visit_texts(m, [&json](const char* name, const std::string& value) {
        if (!value.empty()) {
            json[name] = value;
        }
    });
    visit_numbers(m, [&json](const char* name, std::uint64_t value) { json[name] = value; });
    visit_times(m, [&json](const char* name, TapeTime value) { json[name] = value.count(); });
    const auto put = [&json](const char* name, const auto& value) {
        if (!value.empty()) {
            json[name] = value;
        }
    };
    put("command", m.command);
    put("versions", m.facts.versions);
    put("head_attributes", m.head_attributes);
    if (m.names_cut) {
        json["names_cut"] = true;
    }
    for (const Link& link : m.links) {
        json["links"].push_back({{"relation", link.relation}, {"id", link.id}});
    }
    visit_names(m, [&json](const char* name, const std::vector<NameCount>& counts) {
        for (const NameCount& count : counts) {
            json[name][count.name] = count.count;
        }
    });
    return line(json);
}

Result<TapeMetadata> metadata_from_json(std::string_view text) {
    try {
        return from(Json::parse(text));
    } catch (const std::exception& exception) {
        return not_json("metadata", exception.what());
    }
}

}  // namespace turntable::inline v0::tape
