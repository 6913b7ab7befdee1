#include "turntable/core/metrics.hpp"

#include <charconv>
#include <deque>
#include <map>
#include <mutex>

namespace turntable::inline v0 {

namespace {

enum class Kind : std::uint8_t { counter, gauge, histogram };

std::string_view name_of(Kind kind) {
    switch (kind) {
        case Kind::counter:
            return "counter";
        case Kind::gauge:
            return "gauge";
        case Kind::histogram:
            return "histogram";
    }
    return "untyped";
}

/// Label values escape `\`, `"` and newlines; help texts all but `"`.
std::string escaped(std::string_view text, bool in_label) {
    std::string out;
    for (const char c : text) {
        if (c == '\\' || (in_label && c == '"')) {
            out += '\\';
        }
        out += c == '\n' ? "\\n" : std::string(1, c);
    }
    return out;
}

std::string label_text(const MetricLabels& labels) {
    std::string text;
    for (const auto& [name, value] : labels) {
        text += (text.empty() ? "" : ",") + name + "=\"" + escaped(value, true) + '"';
    }
    return text;
}

std::string seconds_text(std::chrono::nanoseconds duration) {
    char buffer[40];
    const double seconds = std::chrono::duration<double>(duration).count();
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, seconds).ptr};
}

/// `name{labels,more}`, without braces when there are none.
std::string series_text(std::string_view name, const std::string& labels,
                        const std::string& more = {}) {
    const std::string inside = labels + (labels.empty() || more.empty() ? "" : ",") + more;
    return std::string(name) + (inside.empty() ? "" : "{" + inside + "}");
}

void print(std::string& out, std::string_view name, const std::string& labels,
           const Histogram& histogram) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < Histogram::bucket_count; ++i) {
        total += histogram.in_bucket(i);
        const bool last = i + 1 == Histogram::bucket_count;
        const std::string le = last ? "+Inf" : seconds_text(Histogram::bound(i));
        out += series_text(std::string(name) + "_bucket", labels, "le=\"" + le + '"') + " " +
               std::to_string(total) + "\n";
    }
    out += series_text(std::string(name) + "_sum", labels) + " " + seconds_text(histogram.sum()) +
           "\n";
    out += series_text(std::string(name) + "_count", labels) + " " + std::to_string(total) + "\n";
}

struct Family {
    Kind kind = Kind::counter;
    std::string help;
    std::map<std::string, Counter> counters;
    std::map<std::string, Gauge> gauges;
    std::map<std::string, Histogram> histograms;
};

}  // namespace

struct MetricsRegistry::State {
    mutable std::mutex mutex;
    std::map<std::string, Family, std::less<>> families;
    std::deque<Family> hidden;  // series whose name was taken by another kind

    Family& family(Kind kind, std::string_view name, std::string_view help) {
        const auto found = families.find(name);
        if (found == families.end()) {
            Family& made = families[std::string(name)];
            made.kind = kind;
            made.help = help;
            return made;
        }
        return found->second.kind == kind ? found->second : hidden.emplace_back();
    }
};

MetricsRegistry::MetricsRegistry() : state_(std::make_unique<State>()) {}
MetricsRegistry::~MetricsRegistry() = default;

Counter& MetricsRegistry::counter(std::string_view name, std::string_view help,
                                  const MetricLabels& labels) {
    const std::scoped_lock guard(state_->mutex);
    return state_->family(Kind::counter, name, help).counters[label_text(labels)];
}

Gauge& MetricsRegistry::gauge(std::string_view name, std::string_view help,
                              const MetricLabels& labels) {
    const std::scoped_lock guard(state_->mutex);
    return state_->family(Kind::gauge, name, help).gauges[label_text(labels)];
}

Histogram& MetricsRegistry::histogram(std::string_view name, std::string_view help,
                                      const MetricLabels& labels) {
    const std::scoped_lock guard(state_->mutex);
    return state_->family(Kind::histogram, name, help).histograms[label_text(labels)];
}

std::string MetricsRegistry::prometheus_text() const {
    const std::scoped_lock guard(state_->mutex);
    std::string out;
    for (const auto& [name, family] : state_->families) {
        out += "# HELP " + name + " " + escaped(family.help, false) + "\n";
        out += "# TYPE " + name + " " + std::string(name_of(family.kind)) + "\n";
        for (const auto& [labels, counter] : family.counters) {
            out += series_text(name, labels) + " " + std::to_string(counter.value()) + "\n";
        }
        for (const auto& [labels, gauge] : family.gauges) {
            out += series_text(name, labels) + " " + std::to_string(gauge.value()) + "\n";
        }
        for (const auto& [labels, histogram] : family.histograms) {
            print(out, name, labels, histogram);
        }
    }
    return out;
}

}  // namespace turntable::inline v0
