/*
 * The domain of a JSON document as a table, and the check against it: a file that was edited,
 * damaged or written by something else must be refused before anything is concluded from it. Pure.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

enum json_domain {
	JSON_DOMAIN_TEXT,   /* of `least` to `most` bytes */
	JSON_DOMAIN_WORD,   /* one of those that word() returns */
	JSON_DOMAIN_WHOLE,  /* a whole number from `least` to `most` */
	JSON_DOMAIN_NUMBER, /* any number from `least` to `most` */
	JSON_DOMAIN_FLAG,   /* true or false */
	JSON_DOMAIN_RECORD, /* an object with the members in `member`, and perhaps others */
	JSON_DOMAIN_MAP,    /* an object each member of which follows member[0] */
	JSON_DOMAIN_LIST,   /* an array each element of which follows member[0] */
};

enum { JSON_NULLABLE = 1, JSON_OPTIONAL = 2 };

struct json_rule {
	const char *key; /* of a member of a record; NULL ends their list */
	enum json_domain domain;
	unsigned flags;
	double least, most;
	const char *(*word)(size_t index); /* NULL after the last one */
	const struct json_rule *member;
};

/*
 * Whether a document follows a rule. 0, or -EINVAL with what is wrong where in error[size]:
 * "results[3].threads: expected a whole number from 0 to 32, not -1".
 */
int json_check(const json_t *root, const struct json_rule *rule, char *error, size_t size);

/* "not" and a short form of a value, for such a sentence: "not -1", "not an object". */
void json_describe(char *out, size_t size, const json_t *value);
