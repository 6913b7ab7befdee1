#include "turntable/kv/id_sequence.hpp"

#include <limits>
#include <mutex>
#include <utility>

namespace turntable::inline v0::kv {

struct IdSequence::State {
    Database db;
    Key key;
    std::uint64_t block;
    std::mutex mutex;
    /// The last number given, and the last one that may be.
    std::uint64_t given = 0;
    std::uint64_t reserved = 0;

    State(Database database, Key name, std::uint64_t size)
        : db(std::move(database)), key(std::move(name)), block(size) {}

    Result<void> reserve(const CallOptions& call) {
        const auto last = db.transact(
            [this](Transaction& tx) -> Result<std::uint64_t> {
                TURNTABLE_TRY(const std::optional<Entry> entry, tx.get(key));
                std::uint64_t before = 0;
                if (entry) {
                    TURNTABLE_TRY(before, entry->value.as_u64());
                }
                if (before > std::numeric_limits<std::uint64_t>::max() - block) {
                    return Error(ErrorCode::out_of_range, "the numbers of the sequence are used up")
                        .with("key", print_key(key.encoded()));
                }
                tx.set(key, Value::u64(before + block));
                return before + block;
            },
            {}, call);
        if (!last) {
            return last.error();
        }
        reserved = *last;
        given = *last - block;
        return {};
    }
};

IdSequence::IdSequence(Database db, Key key, const IdSequenceOptions& options)
    : state_(std::make_shared<State>(std::move(db), std::move(key), options.block)) {}

Result<std::uint64_t> IdSequence::next(const CallOptions& call) const {
    if (state_->block == 0) {
        return Error(ErrorCode::invalid_argument, "a block of numbers must not be empty");
    }
    const std::scoped_lock guard(state_->mutex);
    if (state_->given == state_->reserved) {
        TURNTABLE_CHECK(state_->reserve(call));
    }
    return ++state_->given;
}

}  // namespace turntable::inline v0::kv
