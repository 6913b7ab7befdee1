#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "interop/differential/operation.hpp"
#include "turntable/kv.hpp"

namespace turntable::test {

/// What an operation gave, in the words that run.mjs prints too; an error as its code.
struct Outcome {
    std::string text;
    std::string detail;
    std::optional<ErrorCode> error;
    /// Of a list that has more.
    std::string cursor;
};

/// Executes operations on our database.
class Executor {
  public:
    Executor(kv::Database database, const KeyPool& pool) : db_(std::move(database)), pool_(pool) {}

    /// `number` names the commit of this operation from then on.
    Outcome execute(const Operation& operation, std::size_t number);
    /// The operation that wrote what is there now.
    std::optional<std::size_t> commit_of(std::size_t key) const;
    std::optional<kv::Value> value_of(std::size_t key) const;
    /// The name of the commit with this version, as in outcomes.
    std::string name_of(kv::Versionstamp stamp) const;
    const kv::Database& database() const noexcept { return db_; }

  private:
    Outcome get_many(const Operation& operation);
    Outcome list(const ListSpec& spec);
    Outcome enqueue(const EnqueueSpec& spec, std::size_t number);
    Outcome write(const Operation& operation, std::size_t number);
    Outcome committed(const Result<kv::CommitResult>& result, std::size_t number);
    Outcome committed(const Result<kv::Versionstamp>& result, std::size_t number);
    std::string entry_text(const std::optional<kv::Entry>& entry) const;

    kv::Database db_;
    const KeyPool& pool_;
    std::map<kv::Versionstamp, std::size_t> commits_;
    std::map<std::size_t, kv::Versionstamp> stamps_;
};

/// A stored value in the words of outcomes; long ones by their length.
std::string value_text(const kv::Value& value);

}  // namespace turntable::test
