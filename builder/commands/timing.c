#include "commands/timing.h"

#include <stdio.h>

#include "base/base.h"

#define LINE "%9s %9s %9s  %s\n"
#define SHOWN_SECONDS 0.05 /* tools that took less are only in the JSON */

static void print_line(double seconds, double cpu, uint64_t peak, const char *what)
{
	autofree char *wall = text_format("%.2f s", seconds), *processor = text_format("%.2f s", cpu);
	autofree char *memory = size_text(peak);

	fprintf(stderr, LINE, wall, processor, memory, what);
}

static void print_tools(const struct progress_time *step)
{
	for (size_t i = 0; i < step->tool_count; i++) {
		const struct progress_tool *tool = &step->tools[i];
		autofree char *what = tool->runs > 1 ? text_format("    %s, %u times", tool->name, tool->runs) :
						       text_format("    %s", tool->name);

		if (tool->seconds >= SHOWN_SECONDS)
			print_line(tool->seconds, tool->cpu_seconds, tool->peak_bytes, what);
	}
}

void timing_print(void)
{
	const struct progress_time *times;
	size_t count = progress_times(&times);
	struct progress_time sum = {0};

	fprintf(stderr, LINE, "wall", "processor", "memory", "step (its tools below it)");
	for (size_t i = 0; i < count; i++) {
		autofree char *what = text_format("%s %s", times[i].verb, times[i].what);

		print_line(times[i].seconds, times[i].cpu_seconds, times[i].peak_bytes, what);
		print_tools(&times[i]);
		sum.seconds += times[i].nested ? 0 : times[i].seconds;
		sum.cpu_seconds += times[i].nested ? 0 : times[i].cpu_seconds;
		if (times[i].peak_bytes > sum.peak_bytes)
			sum.peak_bytes = times[i].peak_bytes;
	}
	print_line(sum.seconds, sum.cpu_seconds, sum.peak_bytes, "all steps (memory: the largest)");
}

/* Seconds as whole milliseconds: JSON numbers here are whole. */
static void set_figures(struct json *object, double seconds, double cpu, uint64_t peak)
{
	json_set(object, "milliseconds", json_new_number((int64_t)(seconds * 1000 + 0.5)));
	json_set(object, "processor-milliseconds", json_new_number((int64_t)(cpu * 1000 + 0.5)));
	json_set(object, "peak-bytes", json_new_number((int64_t)peak));
}

static struct json *tool_json(const struct progress_tool *tool)
{
	struct json *object = json_new_object();

	json_set(object, "tool", json_new_string(tool->name));
	json_set(object, "runs", json_new_number(tool->runs));
	set_figures(object, tool->seconds, tool->cpu_seconds, tool->peak_bytes);
	return object;
}

struct json *timing_json(void)
{
	const struct progress_time *times;
	size_t count = progress_times(&times);
	struct json *list = json_new_array();

	for (size_t i = 0; i < count; i++) {
		struct json *step = json_new_object(), *tools = json_new_array();

		json_set(step, "step", json_new_string(times[i].verb));
		json_set(step, "what", json_new_string(times[i].what));
		set_figures(step, times[i].seconds, times[i].cpu_seconds, times[i].peak_bytes);
		json_set(step, "nested", json_new_boolean(times[i].nested));
		for (size_t k = 0; k < times[i].tool_count; k++)
			json_add(tools, tool_json(&times[i].tools[k]));
		json_set(step, "tools", tools);
		json_add(list, step);
	}
	return list;
}
