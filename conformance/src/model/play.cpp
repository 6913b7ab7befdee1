#include "model/model.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

class Player {
  public:
    explicit Player(Environment& environment)
        : environment_(environment), store_(&environment.fresh()) {}

    void play(const Step& step) {
        const std::int64_t now = environment_.now_ms();
        model_.set_now(now);
        switch (step.kind) {
            case Step::Kind::write:
                write(step, now);
                break;
            case Step::Kind::read:
                expect_equal(model_.range(step.low, step.high, step.limit, step.reverse, now),
                             store_->list(model_key(step.low), model_key(step.high), step.limit,
                                          step.reverse),
                             "a random range");
                break;
            case Step::Kind::advance:
                environment_.advance(std::chrono::milliseconds(step.advance_ms));
                break;
            case Step::Kind::delete_range:
                delete_range(step, now);
                break;
            case Step::Kind::reopen:
                store_->close();
                store_->destroy();
                store_ = &environment_.reopen();
                break;
        }
    }

    void compare_all() {
        expect_equal(model_.range(0, model_keys, UINT32_MAX, false, environment_.now_ms()),
                     store_->all(), "all entries after a random history");
    }

  private:
    void write(const Step& step, std::int64_t now) {
        const std::vector<std::uint32_t> failed = model_.failed_checks(step, now);
        const Write write = model_.write_of(step);
        if (!failed.empty()) {
            store_->expect_failed_checks(write, failed);
            return;
        }
        if (!model_.apply(step, now)) {
            store_->expect_error(write, {ErrorCode::type_mismatch});
            return;
        }
        const Versionstamp stamp = store_->commit(write);
        expect(stamp > last_, "versionstamps increase");
        last_ = stamp;
        model_.stamp(stamp);
    }

    void delete_range(const Step& step, std::int64_t now) {
        store_->note(step.describe());
        const auto output = expect_ok(
            environment_.await(
                store_->backend().delete_range({}, model_key(step.low), model_key(step.high)),
                "delete_range"),
            "delete_range");
        expect_equal(model_.remove_range(step.low, step.high, now), output.removed,
                     "entries that delete_range removed");
    }

    Environment& environment_;
    Store* store_;
    Model model_;
    Versionstamp last_;
};

bool fails(Environment& environment, const std::vector<Step>& history) {
    try {
        play(environment, history);
        return false;
    } catch (const Hang&) {
        throw;
    } catch (const Failure&) {
        return true;
    }
}

}  // namespace

void play(Environment& environment, const std::vector<Step>& history) {
    (void)environment.take_trace();
    Player player(environment);
    for (const Step& step : history) {
        player.play(step);
    }
    player.compare_all();
}

std::vector<Step> shrink(Environment& environment, std::vector<Step> history) {
    constexpr int attempts_max = 400;
    int attempts = 0;
    for (std::size_t size = history.size() / 2; size > 0; size /= 2) {
        for (std::size_t from = 0; from < history.size() && attempts < attempts_max;) {
            std::vector<Step> less = history;
            const auto begin = less.begin() + static_cast<std::ptrdiff_t>(from);
            less.erase(begin,
                       begin + static_cast<std::ptrdiff_t>(std::min(size, history.size() - from)));
            ++attempts;
            if (fails(environment, less)) {
                history = std::move(less);
            } else {
                from += size;
            }
        }
    }
    // What is left of a write may hold checks and mutations that do not matter.
    for (std::size_t i = 0; i < history.size(); ++i) {
        for (std::size_t part = 0; attempts < attempts_max; ++part) {
            std::vector<Step> less = history;
            auto& checks = less[i].checks;
            auto& mutations = less[i].mutations;
            if (part < checks.size()) {
                checks.erase(checks.begin() + static_cast<std::ptrdiff_t>(part));
            } else if (part - checks.size() < mutations.size()) {
                mutations.erase(mutations.begin() +
                                static_cast<std::ptrdiff_t>(part - checks.size()));
            } else {
                break;
            }
            ++attempts;
            if (fails(environment, less)) {
                history = std::move(less);
                --part;
            }
        }
    }
    return history;
}

}  // namespace turntable::inline v0::kv::conformance
