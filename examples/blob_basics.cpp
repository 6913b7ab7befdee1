// Puts a small site into a store of blobs, publishes it into another one, and changes a page only
// if nobody else did meanwhile. The stores are URLs: fs:/srv/www would do as well.
#include <iostream>
#include <string>

#include "turntable/blob.hpp"
#include "turntable/blob/transfer.hpp"

namespace blob = turntable::blob;
using turntable::Bytes;
using turntable::ErrorCode;
using turntable::Result;

Result<void> write_site(const blob::Store& site) {
    TURNTABLE_CHECK(site.write("index.html", "<h1>Hello</h1>", {.content_type = "text/html"}));
    // What is too large to hold is written in pieces; it is there when finish() has answered.
    TURNTABLE_TRY(blob::Writer log, site.writer("logs/all.txt"));
    for (int day = 1; day <= 3; ++day) {
        TURNTABLE_CHECK(log.write("day " + std::to_string(day) + "\n"));
    }
    TURNTABLE_CHECK(log.finish());
    return {};
}

/// Reads a page, and writes it only over the version that was read.
Result<void> change_title(const blob::Store& site, const std::string& title) {
    TURNTABLE_TRY(const blob::Metadata seen, site.stat("index.html"));
    TURNTABLE_TRY(const Bytes page, site.read("index.html", {}, {.if_match = seen.etag}));
    const std::string changed = "<title>" + title + "</title>" + page.to_string();
    TURNTABLE_CHECK(site.write("index.html", changed, {.if_match = seen.etag}));
    return {};
}

Result<std::uint64_t> publish(const blob::Store& site, const blob::Store& live) {
    blob::SyncOptions options;
    options.remove_extra = true;
    options.on_step = [](const blob::SyncStep& step) {
        std::cout << to_string(step.action) << ' ' << step.path << '\n';
    };
    TURNTABLE_TRY(const blob::SyncReport report, blob::sync(site, "", live, "www", options));
    return report.files_copied;
}

int main() {
    blob::Registry registry;
    blob::register_memory(registry).value();
    const blob::Store site = registry.open("memory:site").value();
    const blob::Store live = registry.open("memory:live").value();

    write_site(site).value();
    const std::uint64_t first = publish(site, live).value();
    change_title(site, "Front page").value();
    publish(site, live).value();

    const Bytes end = live.read("www/logs/all.txt", blob::ByteRange::suffix(6)).value();
    const Bytes page = live.read("www/index.html").value();
    const bool refused = site.write("index.html", "", {.if_not_exists = true}).error().code() ==
                         ErrorCode::already_exists;
    std::cout << page.text() << '\n';
    return first == 2 && end.text() == "day 3\n" && page.text().starts_with("<title>") && refused
               ? 0
               : 1;
}
