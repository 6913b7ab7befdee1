// The same as start.cpp with the C API alone.

#include <sqlite3.h>

int main(int argc, char** argv) {
    sqlite3* database = nullptr;
    if (sqlite3_open(argc > 1 ? argv[1] : "start.db", &database) != SQLITE_OK) {
        return 1;
    }
    const char* sql =
        "pragma journal_mode=wal; pragma synchronous=full;"
        "create table if not exists kv(k blob primary key, v blob not null) without rowid;"
        "insert or replace into kv values('key', 'value');"
        "select v from kv where k = 'key';";
    const int result = sqlite3_exec(database, sql, nullptr, nullptr, nullptr);
    sqlite3_close(database);
    return result == SQLITE_OK ? 0 : 1;
}
