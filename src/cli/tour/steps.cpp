#include "cli/tour/steps.hpp"

#include <algorithm>
#include <map>

#include "cli/text.hpp"
#include "turntable/core/settings_info.hpp"
#include "turntable/kv/json.hpp"

namespace turntable_cli {

using turntable::Result;
namespace kv = turntable::kv;

namespace {

constexpr std::size_t packages_per_commit = 200;

/// A package as a JavaScript object, which a Deno program on the same file reads as it is.
Result<kv::Value> value_of(const Package& package) {
    std::string json = "{";
    for (const auto& [name, value] : package.fields) {
        json += (json.size() == 1 ? "" : ",") + turntable::json_quoted(name) + ":" +
                turntable::json_quoted(value);
    }
    return kv::from_json(json + "}");
}

kv::Key key_of(const Package& package) {
    return kv::Key{"packages", package.name, package.architecture};
}

}  // namespace

Result<void> TourSteps::store(const std::vector<Package>& packages) {
    for (std::size_t at = 0; at < packages.size(); at += packages_per_commit) {
        auto write = db.atomic();
        const std::size_t end = std::min(at + packages_per_commit, packages.size());
        for (std::size_t i = at; i < end; ++i) {
            TURNTABLE_TRY(const kv::Value value, value_of(packages[i]));
            write.set(key_of(packages[i]), value);
            write.set(kv::Key{"sections", packages[i].section, packages[i].name,
                              packages[i].architecture},
                      std::to_string(packages[i].installed_kib));
        }
        TURNTABLE_TRY(const kv::CommitResult commit, write.commit());
        tell.require(commit.committed, "a write without checks commits");
    }
    return {};
}

Result<void> TourSteps::list(const std::vector<Package>& packages) {
    TURNTABLE_TRY(const std::uint64_t stored, db.count(kv::prefix("packages")));
    tell.require(stored == packages.size(), "every package was stored once");
    std::map<std::string, std::uint64_t> expected;
    for (const Package& package : packages) {
        ++expected[package.section];
    }
    const auto largest =
        std::max_element(expected.begin(), expected.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    std::uint64_t found = 0;
    std::string first;
    for (auto& entry : db.list(kv::prefix({"sections", largest->first}))) {
        TURNTABLE_CHECK(entry ? Result<void>() : Result<void>(entry.error()));
        if (found++ == 0) {
            first = kv::print_key(entry->key.encoded());
        }
    }
    tell.require(found == largest->second, "the prefix lists exactly the packages of its section");
    tell.say("the section \"" + largest->first + "\" has " + print_count(found) +
             " packages; the first key is " + first);
    return {};
}

Result<void> TourSteps::move_amounts() {
    const kv::Key left{"account", "left"};
    const kv::Key right{"account", "right"};
    TURNTABLE_TRY(const auto opened, db.atomic().set(left, "100").set(right, "0").commit());
    tell.require(opened.committed, "two accounts are opened together");
    TURNTABLE_TRY(const auto before, db.get(left));
    TURNTABLE_TRY(const auto bonus, db.set(left, "110"));
    tell.require(bonus > before->versionstamp, "a later commit has a later versionstamp");

    const auto move = [&](const std::optional<kv::Entry>& as_read) {
        return db.atomic().check(left, as_read).set(left, "80").set(right, "30").commit();
    };
    TURNTABLE_TRY(const auto refused, move(before));
    tell.require(!refused.committed && refused.failed_checks == std::vector<std::uint32_t>{0},
                 "a move that read an old balance is refused, and says by which check");
    tell.say("somebody paid in meanwhile: the move of 30 is refused by its check");

    TURNTABLE_TRY(const auto now, db.get(left));
    TURNTABLE_TRY(const auto moved, move(now));
    TURNTABLE_TRY(const auto both, db.get_many({left, right}));
    tell.require(moved.committed && both[0]->value.data().text() == "80" &&
                     both[1]->value.data().text() == "30",
                 "read again, the move commits, and both balances change together");
    tell.say("read again and moved: left has 80, right has 30, never anything in between");
    return {};
}

Result<void> TourSteps::watch() {
    const kv::Key key{"motto"};
    TURNTABLE_TRY(auto stream, db.watch({key}));
    TURNTABLE_TRY(const auto before, stream.next(std::chrono::seconds(10)));
    tell.require(before && !before->front().entry.has_value(), "the key is absent at first");
    TURNTABLE_TRY(const auto written, db.set(key, "as you like it"));
    TURNTABLE_TRY(const auto after, stream.next(std::chrono::seconds(10)));
    tell.require(after && after->front().entry && after->front().entry->versionstamp == written,
                 "the watch tells the commit that was just made");
    tell.say("watched a key: absent, then \"as you like it\"");
    return {};
}

Result<void> TourSteps::queue() {
    const kv::Key grave{"undelivered", "letter"};
    const std::vector<kv::Key> graves{grave};
    const std::vector<std::chrono::milliseconds> once{std::chrono::milliseconds(20)};
    TURNTABLE_TRY(const auto first, db.enqueue("parcel", {.backoff = once}));
    TURNTABLE_TRY(const auto second,
                  db.enqueue("letter", {.backoff = once, .keys_if_undelivered = graves}));
    tell.require(second > first, "messages are commits like any other");

    std::map<std::string, int> attempts;
    for (int deliveries = 0; deliveries < 4; ++deliveries) {
        TURNTABLE_TRY(auto message, db.receive(std::chrono::seconds(10)));
        TURNTABLE_TRY(const std::string text, message.value().as_text());
        const bool succeeds = text == "parcel" && ++attempts[text] == 2;
        if (text == "letter") {
            ++attempts[text];
        }
        TURNTABLE_CHECK(succeeds ? message.finish() : message.fail());
    }
    tell.require(attempts["parcel"] == 2, "the parcel fails once and is delivered again");
    TURNTABLE_TRY(const auto dead, db.get(grave));
    tell.require(attempts["letter"] == 2 && dead.has_value(),
                 "the letter fails twice and becomes a dead letter");
    tell.say(
        "queued two messages: one came through at the second attempt, one became an entry "
        "under " +
        kv::print_key(grave.encoded()));
    return {};
}

Result<void> TourSteps::all(const std::vector<Package>& packages) {
    tell.timed("stored " + print_count(packages.size()) + " packages with their fields",
               [&] { return store(packages); });
    tell.timed("listed by prefix", [&] { return list(packages); });
    tell.timed("moved an amount between two keys", [&] { return move_amounts(); });
    tell.timed("watched", [&] { return watch(); });
    tell.timed("ran the queue", [&] { return queue(); });
    return {};
}

}  // namespace turntable_cli
