#include "core/rfc3339.hpp"

#include <array>
#include <cstdio>

namespace turntable::inline v0::detail {

namespace {

/// Takes what it reads off the front of a text; once something was not there, nothing is.
class TimeScanner {
  public:
    explicit TimeScanner(std::string_view text) noexcept : rest_(text) {}

    bool failed() const noexcept { return failed_; }
    bool at_end() const noexcept { return rest_.empty(); }
    bool take(char either, char other) noexcept {
        const bool found = !rest_.empty() && (rest_.front() == either || rest_.front() == other);
        rest_.remove_prefix(found ? 1 : 0);
        return found;
    }
    void need(char either, char other) noexcept { failed_ |= !take(either, other); }
    int digits(std::size_t count) noexcept {
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            value = value * 10 + digit();
        }
        return value;
    }
    /// The nanoseconds of a fraction with any number of digits.
    int fraction() noexcept {
        int scale = 100'000'000;
        int value = digit() * scale;
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
            scale /= 10;
            value += digit() * scale;
        }
        return value;
    }

  private:
    int digit() noexcept {
        if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') {
            failed_ = true;
            return 0;
        }
        const int value = rest_.front() - '0';
        rest_.remove_prefix(1);
        return value;
    }

    std::string_view rest_;
    bool failed_ = false;
};

/// How far the local time is ahead of UTC.
std::chrono::minutes take_offset(TimeScanner& text) noexcept {
    if (text.take('Z', 'z')) {
        return {};
    }
    const bool behind = text.take('-', '-');
    if (!behind) {
        text.need('+', '+');
    }
    const int hours = text.digits(2);
    text.need(':', ':');
    const std::chrono::minutes offset(hours * 60 + text.digits(2));
    return behind ? -offset : offset;
}

}  // namespace

std::string to_rfc3339(const SplitTime& time, unsigned digits) {
    using namespace std::chrono;
    const auto day = floor<days>(time.seconds);
    const year_month_day date(day);
    const hh_mm_ss clock(time.seconds - day);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02ld:%02ld:%02ld.%09ld",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<long>(clock.hours().count()),
                  static_cast<long>(clock.minutes().count()),
                  static_cast<long>(clock.seconds().count()),
                  static_cast<long>(time.fraction.count()));
    std::string out = text.data();
    out.resize(out.size() - 9 + digits);
    return out + "Z";
}

std::optional<SplitTime> parse_rfc3339(std::string_view text) noexcept {
    using namespace std::chrono;
    TimeScanner scanner(text);
    const int years = scanner.digits(4);
    scanner.need('-', '-');
    const int months_in = scanner.digits(2);
    scanner.need('-', '-');
    const int days_in = scanner.digits(2);
    scanner.need('T', 't');
    const int hours_in = scanner.digits(2);
    scanner.need(':', ':');
    const int minutes_in = scanner.digits(2);
    scanner.need(':', ':');
    const int seconds_in = scanner.digits(2);
    const int nanoseconds_in = scanner.take('.', '.') ? scanner.fraction() : 0;
    const minutes offset = take_offset(scanner);
    const year_month_day date(year(years), month(static_cast<unsigned>(months_in)),
                              day(static_cast<unsigned>(days_in)));
    // A leap second is the second 60.
    if (scanner.failed() || !scanner.at_end() || !date.ok() || hours_in > 23 || minutes_in > 59 ||
        seconds_in > 60 || offset > hours(24) || offset < -hours(24)) {
        return std::nullopt;
    }
    const sys_seconds time =
        sys_days(date) + hours(hours_in) + minutes(minutes_in) + seconds(seconds_in) - offset;
    // An offset may lead out of the years that four digits can say.
    const year in_utc = year_month_day(floor<days>(time)).year();
    return in_utc >= year(0) && in_utc <= year(9999)
               ? std::optional(SplitTime{time, nanoseconds(nanoseconds_in)})
               : std::nullopt;
}

}  // namespace turntable::inline v0::detail
