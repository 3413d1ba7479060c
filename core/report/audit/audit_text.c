#include "audit_text.h"

#include "strbuf.h"

void audit_text_brief(char *out, size_t size, const struct audit_summary *summary)
{
	static const char *const words[AUDIT_KINDS] = {
		[AUDIT_UNKNOWN] = "?",
		[AUDIT_NONE] = "none",
		[AUDIT_EMPTY] = "empty",
		[AUDIT_LOCKS_NOTHING] = "no locks",
		[AUDIT_LIBC] = "libc",
		[AUDIT_NONE_OWN] = "none of its own",
	};
	struct strbuf brief = strbuf_init(out, size);
	if (words[summary->kind])
		strbuf_addf(&brief, "%s", words[summary->kind]);
	else if (summary->kind == AUDIT_RESETS)
		strbuf_addf(&brief, "resets %u", summary->resets);
	else if (summary->forgotten)
		strbuf_addf(&brief, "locks %u of %u", summary->locks,
			summary->locks + summary->forgotten);
	else
		strbuf_addf(&brief, "locks %u", summary->locks);
}

static void add_locking(struct strbuf *text, const struct audit_summary *summary)
{
	static const char *const prefixes[AUDIT_KINDS] = {
		[AUDIT_LIBC] = "libc-internal: fork() itself ",
		[AUDIT_NONE_OWN] = "none of its own: fork() itself ",
	};
	static const char *const of_malloc[AUDIT_KINDS] = {
		[AUDIT_LIBC] = ", that of its malloc among them",
		[AUDIT_NONE_OWN] = ", that of libc's malloc among them",
	};
	const char *prefix = prefixes[summary->kind], *malloc_lock = of_malloc[summary->kind];
	uint32_t n = summary->locks;
	strbuf_addf(text, "%slocks %u word%s%s", prefix ? prefix : "", n, n == 1 ? "" : "s",
		malloc_lock ? malloc_lock : "");
	if (summary->left)
		strbuf_addf(text, ", %u of which the child finds locked", summary->left);
	else if (summary->released && summary->reinited)
		strbuf_addf(text, ", releases %u and re-initialises %u in the child",
			summary->released, summary->reinited);
	else
		strbuf_addf(text, ", %s %s in the child",
			summary->released ? "releases" : "re-initialises", n == 1 ? "it" : "them");
	if (summary->own)
		strbuf_addf(text, "; nothing takes the allocator's own (%u word%s)", summary->own,
			summary->own == 1 ? "" : "s");
}

void audit_text(char *out, size_t size, const struct audit_summary *summary)
{
	static const char *const words[AUDIT_KINDS] = {
		[AUDIT_UNKNOWN] = "not known: ",
		[AUDIT_NONE] = "none",
		[AUDIT_EMPTY] = "registered but empty",
		[AUDIT_LOCKS_NOTHING] = "registered, locks nothing",
	};
	struct strbuf text = strbuf_init(out, size);
	if (words[summary->kind])
		strbuf_addf(&text, "%s%s", words[summary->kind], summary->why);
	else if (summary->kind == AUDIT_RESETS)
		strbuf_addf(&text, "re-initialises %u word%s in the child without having locked",
			summary->resets, summary->resets == 1 ? "" : "s");
	else
		add_locking(&text, summary);
	if (*summary->missed && summary->kind >= AUDIT_LOCKS_NOTHING)
		strbuf_addf(&text, "; leaves alone: %s", summary->missed);
}
