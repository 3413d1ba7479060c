#include "sweep_state.h"

#include "../common/runner.h"
#include "trial.h"

bool sweep_on(void)
{
	return runner.shm->plan.mode == MODE_SWEEP;
}

bool sweep_is_baseline(void)
{
	const struct plan *plan = &runner.shm->plan;
	return plan->mode == MODE_BASELINE && plan->sweep_baseline;
}

bool sweep_resumes(void)
{
	const struct sequence *sequence = runner.scenario->sequence;
	if (!sweep_on() || !sequence->signal)
		return true;
	return trial_current()->worker[0].inside;
}

void (*sweep_child(void))(struct task *me)
{
	bool sweep = sweep_on() || sweep_is_baseline();
	const struct sequence *sequence = sweep ? runner.scenario->sequence : NULL;
	return sequence && sequence->child ? sequence->child : runner.scenario->child;
}
