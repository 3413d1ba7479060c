#include "run_json_cell.h"

#include "audit_text.h"
#include "finding_json.h"
#include "finding_text.h"
#include "format.h"
#include "json_node.h"
#include "shm_map.h"
#include "silent_damage.h"
#include "tally.h"

static json_t *counts_object(const struct cell *cell)
{
	json_t *counts = json_object();
	for (int verdict = 0; counts && verdict < VERDICT_COUNT; verdict++) {
		if (json_object_set_new(counts, verdict_name((enum verdict)verdict),
			    node_integer(cell->count[verdict])) != 0) {
			json_decref(counts);
			return NULL;
		}
	}
	return counts;
}

static json_t *latency_object(const struct cell *cell)
{
	if (!(cell->latency_median_ms >= 0))
		return json_null();
	return node_object((struct json_member[]){
		{"median", node_real(cell->latency_median_ms)},
		{"p99", node_real_or_null(cell->latency_p99_ms)},
		{0},
	});
}

/* Adds the members to the object, which is what it returns; NULL takes both along. */
static json_t *merge_members(json_t *object, json_t *members)
{
	int failed = !object || !members || json_object_update(object, members) != 0;
	json_decref(members);
	if (!failed)
		return object;
	json_decref(object);
	return NULL;
}

/*
 * What is a matter of chance (how long the proof took, a thread's number, and so the value of a
 * lock word, which may hold one) has no place in a sweep's finding: two sweeps can be compared
 * without their "seconds" and "latency_ms".
 */
static json_t *nondeterministic_members(const struct finding *finding)
{
	return node_object((struct json_member[]){
		{"futex_value", finding->futex ? node_integer(finding->futex_value) : json_null()},
		{"owner_tid", node_integer_or_null(finding->owner_tid)},
		{"latency_ms", node_real_or_null(finding->latency_ms)},
		{0},
	});
}

/* The system call that the process sleeps in; null: it runs, or nothing is known. */
static json_t *wait_object(const struct finding_wait *wait)
{
	const char *name = task_wait_call_name(wait->syscall);
	if (wait->kind == WAIT_NONE || wait->kind == WAIT_STOPPED || wait->kind == WAIT_KERNEL)
		return json_null();
	bool descriptor = wait->fd >= 0;
	return node_object((struct json_member[]){
		{"call", name ? node_literal(name) : json_null()},
		{"number", node_integer(wait->syscall)},
		{"untimed", node_boolean(wait_is_untimed(wait->kind))},
		{"descriptor", descriptor ? node_integer(wait->fd) : json_null()},
		{"descriptor_kind", descriptor && wait->descriptor
					    ? node_literal(descriptor_kind_name(wait->descriptor))
					    : json_null()},
		{0},
	});
}

static json_t *finding_object(const struct cell *cell)
{
	const struct finding *finding = &cell->finding;
	bool sweep = model_is_sweep(cell);
	char sentence[FINDING_TEXT_MAX];
	json_t *object;
	if (!cell->has_finding)
		return json_null();
	finding_text(sentence, sizeof(sentence), finding);
	object = node_object((struct json_member[]){
		{"verdict", node_literal(verdict_name(finding->verdict))},
		{"certainty", node_literal(certainty_name(finding->certainty))},
		{sweep ? "point" : "trial", node_integer(finding->trial)},
		{"in_parent", node_boolean(finding->in_parent)},
		{"step", node_step(finding->step, finding->step_name)},
		{"call", node_call(&finding->call)},
		{"futex", node_address(finding->futex)},
		{"lock", node_text_or_null(finding->lock)},
		{"lock_of_application",
			node_boolean(finding->lock_origin == LOCK_ORIGIN_APPLICATION)},
		{"lock_origin", node_literal(lock_origin_name(finding->lock_origin))},
		{"by_allocator", node_boolean(finding->by_allocator)},
		{"held_against_allocator", node_boolean(!finding_is_foreign(finding))},
		{"waits_for", node_literal(wait_object_name(finding->wait_object))},
		{"lock_module", node_text_or_null(finding->lock_module)},
		{"lock_variable", node_text_or_null(finding->lock_variable)},
		{"taken_by", node_text_or_null(finding->taker)},
		{"owner", node_role(&finding->owner)},
		{"waiter", node_text_or_null(finding->waiter)},
		{"wait", wait_object(&finding->wait)},
		{"pc", node_address(finding->pc)},
		{"sp", node_address(finding->sp)},
		{"signal", node_integer_or_null(finding->signal)},
		{"reasons", node_reasons(finding)},
		{"sentence", node_text(sentence)},
		{"command", node_text_or_null(finding->command)},
		{0},
	});
	return sweep ? object : merge_members(object, nondeterministic_members(finding));
}

static json_t *alignment_at(const void *of, size_t i)
{
	const struct alignment *alignment = (const struct alignment *)of + i;
	bool plain = alignment->required == _Alignof(max_align_t);
	return node_object((struct json_member[]){
		{"call", node_literal(plain ? "malloc" : "aligned_alloc")},
		{"size", node_integer((int64_t)alignment->size)},
		{"required", node_integer(alignment->required)},
		{"actual", node_integer(alignment->actual)},
		{0},
	});
}

/* Blocks that the allocator misaligns without a fork, too. */
static json_t *misaligned_array(const struct cell *cell)
{
	struct alignment misaligned[ALIGNMENT_KINDS];
	size_t count = 0;
	for (unsigned kind = 0; kind < ALIGNMENT_KINDS; kind++)
		if (cell->alignment[kind].actual)
			misaligned[count++] = cell->alignment[kind];
	return node_array(misaligned, count, alignment_at);
}

/* A cell that was never tried has no verdict. */
static json_t *verdict_of(const struct cell *cell)
{
	return cell_was_run(cell) ? json_string(verdict_name(cell->verdict)) : json_null();
}

static json_t *note_at(const void *of, size_t i)
{
	const struct damage *damage = (const struct damage *)of + i;
	char text[FINDING_TEXT_MAX];
	finding_text_damage(text, sizeof(text), damage);
	return node_object((struct json_member[]){
		{"kind", node_literal(silent_damage_name(damage->kind))},
		{"text", node_text(text)},
		{0},
	});
}

static json_t *stress_members(const struct cell *cell)
{
	return node_object((struct json_member[]){
		{"trials", node_integer(cell->trials)},
		{"planned", node_integer(cell->planned)},
		{"aimed", node_integer(cell->aimed)},
		{"bad_rate", node_real(cell->bad_rate)},
		{"upper95", node_real(cell->upper95)},
		{"examined", node_boolean(cell->heap_checked)},
		{"notes", node_array(cell->note, cell->notes, note_at)},
		{0},
	});
}

static json_t *window_at(const void *of, size_t i)
{
	const struct window *window = (const struct window *)of + i;
	return node_object((struct json_member[]){
		{"first", node_integer(window->first)},
		{"last", node_integer(window->last)},
		{"first_instruction", node_integer(window->first_instruction)},
		{"end_instruction", node_integer(window->end_instruction)},
		{"verdict", node_literal(verdict_name(window->verdict))},
		{"proven", node_integer(window->proven)},
		{"left_out", node_integer(window->left_out)},
		{"step", node_step(window->step, window->step_name)},
		{"call", node_call(&window->call)},
		{"worker", node_text_or_null(window->worker)},
		{"lock", node_text_or_null(window->lock)},
		{"lock_origin", node_literal(lock_origin_name(window->lock_origin))},
		{"holder", node_role(&window->owner)},
		{"waiter", node_text_or_null(window->waiter)},
		{0},
	});
}

static json_t *coverage_object(const struct coverage *coverage)
{
	return node_object((struct json_member[]){
		{"instructions", node_integer(coverage->instructions)},
		{"functions", node_integer_or_null(coverage->functions)},
		{"syscalls", node_integer(coverage->syscalls)},
		{"calls", node_integer(coverage->calls)},
		{0},
	});
}

static json_t *sweep_members(const struct cell *cell)
{
	const struct sweep *sweep = &cell->sweep;
	return node_object((struct json_member[]){
		{"points", node_integer(sweep->points)},
		{"tried", node_integer(sweep->tried)},
		{"parent_bad", node_integer(sweep->parent_bad)},
		{"waited", node_integer(sweep->waited)},
		{"left_out", node_integer(sweep->left_out)},
		{"instructions", node_integer(sweep->instructions)},
		{"complete", node_boolean(sweep->complete)},
		{"shared_lock", node_boolean(sweep->shared_lock)},
		{"reach", coverage_object(&sweep->coverage)},
		{"windows", node_array(sweep->window, sweep->windows, window_at)},
		{"windows_lost", node_integer(sweep->windows_lost)},
		{0},
	});
}

static json_t *speed_object(const struct speed *speed)
{
	return node_object((struct json_member[]){
		{"operations_per_s", node_real(speed->operations_per_s)},
		{"forks", node_integer(speed->forks)},
		{"fork_median_us", node_real(speed->fork_median_us)},
		{"fork_max_us", node_real(speed->fork_max_us)},
		{0},
	});
}

static json_t *cost_object(const struct mitigation_cost *cost)
{
	if (!cost->measured)
		return json_null();
	return node_object((struct json_member[]){
		{"with", speed_object(&cost->with)},
		{"without", speed_object(&cost->without)},
		{0},
	});
}

json_t *node_cell(const struct cell *cell)
{
	char why[FINDING_TEXT_MAX], atfork[MODEL_NAME_MAX] = "",
				    atfork_sentence[MODEL_TEXT_MAX] = "", reused[32] = "";
	json_t *object;
	if (cell->reused)
		format_time(reused, sizeof(reused), cell->reused);
	finding_text_no_verdict(why, sizeof(why), cell);
	if (cell->audited) {
		audit_text_brief(atfork, sizeof(atfork), &cell->atfork);
		audit_text(atfork_sentence, sizeof(atfork_sentence), &cell->atfork);
	}
	object = node_object((struct json_member[]){
		{"allocator", node_text(cell->allocator)},
		{"version", node_text(cell->version)},
		{"link", node_literal(link_kind_name(cell->link))},
		{"cure", node_text(*cell->mitigation ? cell->mitigation : "none")},
		{"cost", cost_object(&cell->cost)},
		{"scenario", node_text(cell->scenario)},
		{"method", node_text(fork_method_name(cell->method))},
		{"mode", node_text(cell_mode_name(cell->mode))},
		{"verdict", verdict_of(cell)},
		{"proven", node_integer(cell->proven)},
		{"pid_changes", node_integer(cell->pid_changes)},
		{"misaligned", misaligned_array(cell)},
		{"counts", counts_object(cell)},
		{"bad", node_integer(tally_bad(cell))},
		{"not_allocators", node_integer(tally_foreign(cell))},
		{"seconds", node_real(cell->seconds)},
		{"latency_ms", latency_object(cell)},
		{"cut", node_boolean(cell->cut)},
		{"dropped", node_boolean(cell->dropped)},
		{"reused", node_text_or_null(reused)},
		{"why", node_text_or_null(why)},
		{"finding", finding_object(cell)},
		{"atfork", node_text_or_null(atfork)},
		{"atfork_sentence", node_text_or_null(atfork_sentence)},
		{0},
	});

	return merge_members(
		object, model_is_sweep(cell) ? sweep_members(cell) : stress_members(cell));
}
