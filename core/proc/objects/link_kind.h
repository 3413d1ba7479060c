/* How an allocator gets into its runner. Runners, catalogues and cost files have it as a word. */
#pragma once

enum link_kind {
	LINK_UNKNOWN, /* no word, or another one */
	LINK_SHARED,
	LINK_STATIC,
	LINK_ARCHIVE,
	LINK_PRELOAD,
	LINK_BUILT_IN,
	LINK_WRAPPER,
	LINK_KINDS
};

/* "shared", "static", ...; "" for LINK_UNKNOWN. */
const char *link_kind_name(enum link_kind link);
enum link_kind link_kind_from_name(const char *name);
