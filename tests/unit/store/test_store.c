/*
 * The store of results: what was put is got, and whatever is wrong with the file costs its contents
 * and one sentence, never more.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/forklab-store-XXXXXX", path[128], error[STORE_ERROR_MAX];
static const struct content_hash key = {{1, 2, 3}}, other = {{4}};

static int make_directory(void **state)
{
	(void)state;
	(void)snprintf(directory, sizeof(directory), "/tmp/forklab-store-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/a/b/store.sqlite", directory);
	return 0;
}

static int remove_directory(void **state)
{
	char command[256];
	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static struct result_store *open_store(void)
{
	struct result_store *store;
	if (store_open(&store, path, error, sizeof(error)) != 0)
		fail_msg("%s", error);
	return store;
}

static void assert_holds(
	struct result_store *store, const struct content_hash *of, const char *text)
{
	size_t size;
	int64_t taken;
	char *bytes = store_get(store, of, &size, &taken);
	if (!text) {
		assert_null(bytes);
		return;
	}
	assert_non_null(bytes);
	assert_int_equal(size, strlen(text) + 1);
	assert_string_equal(bytes, text);
	assert_true(taken > 0);
	free(bytes);
}

static void put(struct result_store *store, const struct content_hash *of, const char *text)
{
	store_put(store, of, text, strlen(text) + 1);
}

static void what_was_put_is_got(void **state)
{
	(void)state;
	struct result_store *store = open_store();
	assert_holds(store, &key, NULL);
	put(store, &key, "one");
	put(store, &other, "two");
	put(store, &key, "three");
	assert_holds(store, &key, "three");
	store_close(store);
	store = open_store();
	assert_holds(store, &key, "three");
	assert_holds(store, &other, "two");
	assert_null(store_failure(store));
	store_close(store);
}

static void without_a_store_nothing_happens(void **state)
{
	(void)state;
	assert_holds(NULL, &key, NULL);
	put(NULL, &key, "one");
	assert_null(store_failure(NULL));
	store_close(NULL);
}

/* Overwrites a part of the stored bytes behind the store's back. */
static void damage(const char *sql)
{
	sqlite3 *database;
	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void a_damaged_record_is_none(void **state)
{
	(void)state;
	static const char *const damages[] = {
		"UPDATE record SET digest = zeroblob(16)",
		"UPDATE record SET digest = x'00'",
		"UPDATE record SET bytes = substr(bytes, 1, length(bytes) - 1)",
		"UPDATE record SET bytes = zeroblob(length(bytes))",
		"UPDATE record SET bytes = x''",
		"UPDATE record SET size = size + 1",
		"UPDATE record SET size = -1",
		"UPDATE record SET size = 1 << 40",
		"UPDATE record SET size = 'x'",
	};
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct result_store *store = open_store();
		put(store, &key, "one");
		assert_holds(store, &key, "one");
		store_close(store);
		damage(damages[i]);
		store = open_store();
		assert_holds(store, &key, NULL);
		put(store, &key, "two");
		assert_holds(store, &key, "two");
		store_close(store);
	}
}

static void write_file(const char *name, const char *text, size_t size)
{
	FILE *file = fopen(name, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void assert_refused(const char *name, const char *says)
{
	struct result_store *store;
	assert_true(store_open(&store, name, error, sizeof(error)) < 0);
	assert_null(store);
	if (!strstr(error, says))
		fail_msg("'%s' does not say '%s'", error, says);
}

static void files_that_are_no_store_are_left_alone(void **state)
{
	(void)state;
	static const char text[] =
		"this is a text, and not a store of results, whatever its name is";
	char name[160], now[sizeof(text)];
	(void)snprintf(name, sizeof(name), "%s/text", directory);
	write_file(name, text, sizeof(text));
	assert_refused(name, "not a database");
	FILE *file = fopen(name, "r");
	assert_non_null(file);
	assert_int_equal(fread(now, 1, sizeof(now), file), sizeof(now));
	assert_memory_equal(now, text, sizeof(text));
	(void)fclose(file);
	assert_refused(directory, "cannot be opened");
	(void)snprintf(name, sizeof(name), "%s/text/store", directory);
	assert_refused(name, "cannot be opened");
}

static void a_database_of_another_program_is_left_alone(void **state)
{
	(void)state;
	store_close(open_store());
	damage("PRAGMA application_id = 7");
	assert_refused(path, "is no store of results");
	damage("PRAGMA application_id = 1718579819; PRAGMA user_version = 99");
	assert_refused(path, "is no store of results");
}

static void a_file_that_breaks_off_holds_what_was_put_or_nothing(void **state)
{
	(void)state;
	struct result_store *store = open_store();
	put(store, &key, "one");
	store_close(store);
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	for (off_t length = status.st_size - 1; length > 0; length -= 509) {
		assert_int_equal(truncate(path, length), 0);
		size_t size;
		int64_t taken;
		char *bytes = store_open(&store, path, error, sizeof(error)) == 0
				      ? store_get(store, &key, &size, &taken)
				      : NULL;
		assert_true(!bytes || (size == sizeof("one") && strcmp(bytes, "one") == 0));
		free(bytes);
		store_close(store);
	}
}

/* Another process writes for longer than this one waits. */
static void a_locked_store_fails_once(void **state)
{
	(void)state;
	struct result_store *store = open_store();
	sqlite3 *database;
	put(store, &key, "one");
	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	put(store, &other, "two");
	assert_non_null(store_failure(store));
	assert_non_null(strstr(store_failure(store), "locked"));
	assert_int_equal(sqlite3_exec(database, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
	/* From now on it is not used. */
	assert_holds(store, &key, NULL);
	store_close(store);
}

/* Two processes put into the same new file. */
static void several_processes_share_a_file(void **state)
{
	(void)state;
	enum { PROCESSES = 4, RECORDS = 20 };
	for (unsigned char p = 0; p < PROCESSES; p++) {
		if (fork() != 0)
			continue;
		struct result_store *store = open_store();
		for (unsigned char i = 0; i < RECORDS; i++)
			put(store, &(struct content_hash){{p, i}}, "record");
		_exit(store_failure(store) ? 1 : 0);
	}
	for (int status, left = PROCESSES; left > 0; left--) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	struct result_store *store = open_store();
	for (unsigned char p = 0; p < PROCESSES; p++)
		for (unsigned char i = 0; i < RECORDS; i++)
			assert_holds(store, &(struct content_hash){{p, i}}, "record");
	store_close(store);
}

static void the_oldest_records_are_forgotten(void **state)
{
	(void)state;
	struct result_store *store = open_store();
	put(store, &key, "one");
	store_close(store);
	damage("UPDATE record SET taken = 1");
	char sql[512];
	(void)snprintf(sql, sizeof(sql),
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
		"INSERT INTO record SELECT randomblob(16), 2, 1, zeroblob(16), x'00' FROM n",
		STORE_RECORDS_MAX - 1);
	damage(sql);
	store = open_store();
	assert_holds(store, &key, "one");
	put(store, &other, "two");
	assert_holds(store, &key, NULL);
	assert_holds(store, &other, "two");
	store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_put_is_got),
		TEST(without_a_store_nothing_happens),
		TEST(a_damaged_record_is_none),
		TEST(files_that_are_no_store_are_left_alone),
		TEST(a_database_of_another_program_is_left_alone),
		TEST(a_file_that_breaks_off_holds_what_was_put_or_nothing),
		TEST(a_locked_store_fails_once),
		TEST(several_processes_share_a_file),
		TEST(the_oldest_records_are_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
