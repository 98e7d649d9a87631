/* What was seen: adding to it, judging it, freeing it. */
#include "proof/proof.h"

#include "proof/view.h"

static void service_clear(struct proof_service *service)
{
	free(service->unit);
	free(service->journal);
}

static void check_clear(struct proof_check *check)
{
	free(check->name);
	free(check->message);
	free(check->detail);
}

void proof_clear(struct proof *proof)
{
	free(proof->what);
	free(proof->how);
	free(proof->version);
	for (size_t i = 0; i < proof->run_count; i++)
		json_release(proof->runs[i]);
	free(proof->runs);
	for (size_t i = 0; i < proof->check_count; i++)
		check_clear(&proof->checks[i]);
	free(proof->checks);
	for (size_t i = 0; i < proof->service_count; i++)
		service_clear(&proof->services[i]);
	free(proof->services);
	free(proof->last);
	free(proof->broke);
	strings_clear(&proof->left);
	*proof = (struct proof){ 0 };
}

struct proof_check *proof_add_check(struct proof *proof, const char *name, enum proof_verdict verdict, const char *message,
				    const char *detail)
{
	proof->checks = memory_resize(proof->checks, proof->check_count + 1, sizeof *proof->checks);
	struct proof_check *check = &proof->checks[proof->check_count++];
	*check = (struct proof_check){
		.name = text_copy(name),
		.verdict = verdict,
		.message = text_copy(message),
		.detail = text_copy(detail),
	};
	return check;
}

void proof_add_run(struct proof *proof, struct json *result)
{
	proof->runs = memory_resize(proof->runs, proof->run_count + 1, sizeof *proof->runs);
	proof->runs[proof->run_count++] = result;
}

static void count(struct proof_counts *counts, enum proof_verdict verdict)
{
	counts->passed += verdict == PROOF_PASSED;
	counts->failed += verdict == PROOF_FAILED;
	counts->skipped += verdict == PROOF_SKIPPED;
	counts->errors += verdict == PROOF_ERROR;
}

struct proof_counts proof_count(const struct proof *proof)
{
	struct proof_counts counts = { 0 };
	for (size_t i = 0; i < proof->run_count; i++)
		count(&counts, view_run_verdict(proof->runs[i]));
	for (size_t i = 0; i < proof->check_count; i++)
		count(&counts, proof->checks[i].verdict);
	return counts;
}

enum proof_verdict proof_verdict(const struct proof *proof)
{
	struct proof_counts counts = proof_count(proof);
	if (counts.failed)
		return PROOF_FAILED;
	return counts.errors || proof->broke ? PROOF_ERROR : PROOF_PASSED;
}
