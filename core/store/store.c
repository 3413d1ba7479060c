#include "store.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <zlib.h>

/* "fork" in ASCII: PRAGMA application_id of https://www.sqlite.org/fileformat.html. */
enum { APPLICATION_ID = 0x666f726b, SCHEMA_VERSION = 1, BUSY_MS = 2000 };

/* Records are mostly zeros. One that claims to be larger than this is damaged. */
static const size_t record_max = 64 << 20;

struct result_store {
	sqlite3 *database;
	bool failed;
	char failure[STORE_ERROR_MAX], path[STORE_ERROR_MAX / 2];
};

/* ---- Errors ---- */

static int fail(struct result_store *store, const char *doing)
{
	store->failed = true;
	(void)snprintf(store->failure, sizeof(store->failure),
		"the store of results %s cannot be %s (%s): this run goes on without it",
		store->path, doing, sqlite3_errmsg(store->database));
	return -EIO;
}

static int run(struct result_store *store, const char *sql, const char *doing)
{
	return sqlite3_exec(store->database, sql, NULL, NULL, NULL) == SQLITE_OK
		       ? 0
		       : fail(store, doing);
}

static int read_number(struct result_store *store, const char *sql, int64_t *number)
{
	sqlite3_stmt *statement = NULL;
	int status = sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL);
	if (status == SQLITE_OK)
		status = sqlite3_step(statement);
	if (status == SQLITE_ROW)
		*number = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return status == SQLITE_ROW ? 0 : fail(store, "read");
}

/* ---- Opening ---- */

/* Each directory of the path. What cannot be made is told when the file is opened. */
static void make_directories(const char *path)
{
	char copy[STORE_ERROR_MAX / 2];
	(void)snprintf(copy, sizeof(copy), "%s", path);
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(copy, 0777);
		*slash = '/';
	}
}

static int make_schema(struct result_store *store)
{
	char sql[512];
	(void)snprintf(sql, sizeof(sql),
		"BEGIN IMMEDIATE;"
		"CREATE TABLE IF NOT EXISTS record (key BLOB PRIMARY KEY, taken INTEGER NOT NULL,"
		" size INTEGER NOT NULL, digest BLOB NOT NULL, bytes BLOB NOT NULL);"
		"PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
		APPLICATION_ID, SCHEMA_VERSION);
	return run(store, sql, "made");
}

/* A file of another program is left alone; one of another forklab, too. */
static int check_schema(struct result_store *store)
{
	int64_t application = 0, version = 0, tables = 0;
	int error = read_number(store, "PRAGMA application_id", &application);
	if (!error)
		error = read_number(store, "PRAGMA user_version", &version);
	if (!error)
		error = read_number(store, "SELECT count(*) FROM sqlite_master", &tables);
	if (error)
		return error;
	if (tables == 0)
		return make_schema(store);
	if (application == APPLICATION_ID && version == SCHEMA_VERSION)
		return 0;
	store->failed = true;
	(void)snprintf(store->failure, sizeof(store->failure),
		"%s is no store of results of this forklab: this run goes on without it; name "
		"another one with --store",
		store->path);
	return -EPROTO;
}

static int open_file(struct result_store *store)
{
	make_directories(store->path);
	if (sqlite3_open_v2(store->path, &store->database,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
		return fail(store, "opened");
	(void)sqlite3_busy_timeout(store->database, BUSY_MS);
	/* What a power failure takes can be measured again. */
	int error = run(store, "PRAGMA synchronous = OFF", "read");
	return error ? error : check_schema(store);
}

int store_open(struct result_store **store, const char *path, char *error, size_t size)
{
	struct result_store *opened = calloc(1, sizeof(*opened));
	*store = NULL;
	if (!opened) {
		(void)snprintf(error, size, "no memory for the store of results");
		return -ENOMEM;
	}
	(void)snprintf(opened->path, sizeof(opened->path), "%s", path);
	int status = open_file(opened);
	if (status) {
		(void)snprintf(error, size, "%s", opened->failure);
		store_close(opened);
		return status;
	}
	*store = opened;
	return 0;
}

void store_close(struct result_store *store)
{
	if (!store)
		return;
	(void)sqlite3_close(store->database);
	free(store);
}

const char *store_failure(const struct result_store *store)
{
	return store && store->failed ? store->failure : NULL;
}

/* ---- Reading ---- */

/* The bytes of a row, for free(). NULL: it is damaged. */
static void *unpack(sqlite3_stmt *row, size_t *size)
{
	int64_t claimed = sqlite3_column_int64(row, 1);
	const void *packed = sqlite3_column_blob(row, 3), *digest = sqlite3_column_blob(row, 2);
	uLongf length = (uLongf)claimed;
	if (!packed || !digest || sqlite3_column_bytes(row, 2) != CONTENT_HASH_SIZE ||
		claimed <= 0 || (uint64_t)claimed > record_max)
		return NULL;
	void *bytes = malloc((size_t)claimed);
	if (!bytes)
		return NULL;
	bool whole =
		uncompress(bytes, &length, packed, (uLong)sqlite3_column_bytes(row, 3)) == Z_OK &&
		length == (uLongf)claimed;
	struct content_hash hash = content_hash(bytes, (size_t)claimed);
	if (!whole || memcmp(hash.byte, digest, CONTENT_HASH_SIZE) != 0) {
		free(bytes);
		return NULL;
	}
	*size = (size_t)claimed;
	return bytes;
}

void *store_get(
	struct result_store *store, const struct content_hash *key, size_t *size, int64_t *taken)
{
	static const char sql[] = "SELECT taken, size, digest, bytes FROM record WHERE key = ?";
	sqlite3_stmt *statement = NULL;
	void *bytes = NULL;
	if (!store || store->failed)
		return NULL;
	int status = sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL);
	if (status == SQLITE_OK)
		status = sqlite3_bind_blob(
			statement, 1, key->byte, CONTENT_HASH_SIZE, SQLITE_STATIC);
	if (status == SQLITE_OK)
		status = sqlite3_step(statement);
	if (status == SQLITE_ROW) {
		*taken = sqlite3_column_int64(statement, 0);
		bytes = unpack(statement, size);
	} else if (status != SQLITE_DONE) {
		(void)fail(store, "read");
	}
	(void)sqlite3_finalize(statement);
	return bytes;
}

/* ---- Writing ---- */

static int insert(struct result_store *store, const struct content_hash *key, const void *bytes,
	size_t size, const void *packed, size_t packed_size)
{
	static const char sql[] = "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?)";
	sqlite3_stmt *statement = NULL;
	struct content_hash hash = content_hash(bytes, size);
	int status = sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL);
	if (status == SQLITE_OK) {
		(void)sqlite3_bind_blob(statement, 1, key->byte, CONTENT_HASH_SIZE, SQLITE_STATIC);
		(void)sqlite3_bind_int64(statement, 2, (int64_t)time(NULL));
		(void)sqlite3_bind_int64(statement, 3, (int64_t)size);
		(void)sqlite3_bind_blob(statement, 4, hash.byte, CONTENT_HASH_SIZE, SQLITE_STATIC);
		(void)sqlite3_bind_blob(statement, 5, packed, (int)packed_size, SQLITE_STATIC);
		status = sqlite3_step(statement);
	}
	(void)sqlite3_finalize(statement);
	return status == SQLITE_DONE ? 0 : fail(store, "written");
}

static void forget_oldest(struct result_store *store)
{
	char sql[256];
	(void)snprintf(sql, sizeof(sql),
		"DELETE FROM record WHERE key IN (SELECT key FROM record ORDER BY taken DESC "
		"LIMIT -1 OFFSET %d)",
		STORE_RECORDS_MAX);
	(void)run(store, sql, "written");
}

void store_put(
	struct result_store *store, const struct content_hash *key, const void *bytes, size_t size)
{
	uLongf packed_size = compressBound((uLong)size);
	void *packed = store && !store->failed && size <= record_max ? malloc(packed_size) : NULL;
	if (!packed)
		return;
	if (compress2(packed, &packed_size, bytes, (uLong)size, Z_BEST_SPEED) == Z_OK &&
		insert(store, key, bytes, size, packed, packed_size) == 0)
		forget_oldest(store);
	free(packed);
}
