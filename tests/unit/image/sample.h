/* A small plan and disk to test texts with: nothing is read or written. */
#ifndef TESTS_IMAGE_SAMPLE_H
#define TESTS_IMAGE_SAMPLE_H

#include "image/disk.h"

struct sample {
	struct placed_text arguments[2], more[1], firmware[3];
	struct board board;
	struct recipe recipe;
	struct plan plan;
	struct layers layers;
	struct image_input input;
	struct layout layout;
	struct disk disk;
};

static inline void sample_fill(struct sample *sample, enum layout_kind kind)
{
	*sample = (struct sample){
		.arguments = {{.text = "console=tty0"}, {.text = "console=ttyS0,115200"}},
		.more = {{.text = "test.words=\"a $b\""}},
		.firmware = {{.text = "bios"}, {.text = "uefi"}, {.text = "secure-boot"}},
	};
	sample->board = (struct board){.id = "pc", .efi_size = 256 * MIB, .exchange_size = 64 * MIB,
				       .kernel_arguments = {sample->arguments, 2}, .firmware = {sample->firmware, 3}};
	sample->recipe = (struct recipe){.name = "sample", .summary = "A sample", .site_name = "box",
					 .mode = MODE_TRAINING, .layout = kind, .data_size = 1024 * MIB,
					 .kernel_arguments = {sample->more, 1}};
	sample->plan = (struct plan){.recipe = &sample->recipe, .board = &sample->board,
				     .lock = {.seed = "5eed", .timestamp = 1700000000, .suite = "trixie",
					      .architecture = "amd64"}};
	sample->layers = (struct layers){
		.items = {{.name = "base", .key = (char *)"key of base", .squashfs = (char *)"base", .size = 5000}},
		.kernel_release = (char *)"6.12.1"};
	sample->input = (struct image_input){.plan = &sample->plan, .layers = &sample->layers};
	plan_layout(&sample->plan, 100 * MIB, &sample->layout);
	sample->disk = (struct disk){.input = &sample->input, .layout = &sample->layout, .fd = -1};
}

#endif
