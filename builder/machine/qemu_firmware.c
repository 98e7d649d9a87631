#include "machine/qemu_firmware.h"

#include <unistd.h>

/* Debian and Ubuntu; Fedora; Arch; QEMU's own. */
static const char *const usual_folders[] = {
	"/usr/share/OVMF", "/usr/share/edk2/ovmf", "/usr/share/edk2/x64", "/usr/share/qemu", NULL,
};

/* The names that distributions use, the larger flash first. Code and variables of one row belong together. */
static const struct row {
	enum machine_firmware kind;
	const char *code, *variables;
} rows[] = {
	{MACHINE_UEFI, "OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"},
	{MACHINE_UEFI, "OVMF_CODE.4m.fd", "OVMF_VARS.4m.fd"},
	{MACHINE_UEFI, "OVMF_CODE.fd", "OVMF_VARS.fd"},
	{MACHINE_SECURE, "OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.ms.fd"},
	{MACHINE_SECURE, "OVMF_CODE.secboot.fd", "OVMF_VARS.ms.fd"},
	{MACHINE_SECURE, "OVMF_CODE.secboot.fd", "OVMF_VARS.secboot.fd"},
};

static bool take_row(const struct row *row, const char *folder, struct qemu_firmware *ret_firmware)
{
	autofree char *code = path_join(folder, row->code);
	autofree char *variables = path_join(folder, row->variables);

	if (access(code, R_OK) < 0 || access(variables, R_OK) < 0)
		return false;
	ret_firmware->code = steal(code);
	ret_firmware->variables = steal(variables);
	return true;
}

int qemu_firmware_find_in(enum machine_firmware kind, const char *const *folders, struct qemu_firmware *ret_firmware,
			  struct error *err)
{
	const struct row *first = NULL;

	*ret_firmware = (struct qemu_firmware){0};
	if (kind == MACHINE_BIOS)
		return 0;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (rows[i].kind != kind)
			continue;
		first = first ? first : &rows[i];
		for (size_t k = 0; folders[k]; k++)
			if (take_row(&rows[i], folders[k], ret_firmware))
				return 0;
	}
	if (!first)
		return error_set(err, "there is no firmware of kind %d", (int)kind);
	return error_set(err,
			 "QEMU's UEFI firmware is missing: no %s with %s in %s or where other distributions have it\n"
			 "  sudo apt install ovmf   (or --firmware bios)",
			 first->code, first->variables, folders[0]);
}

int qemu_firmware_find(enum machine_firmware kind, struct qemu_firmware *ret_firmware, struct error *err)
{
	return qemu_firmware_find_in(kind, usual_folders, ret_firmware, err);
}

void qemu_firmware_clear(struct qemu_firmware *firmware)
{
	free(firmware->code);
	free(firmware->variables);
	*firmware = (struct qemu_firmware){0};
}
