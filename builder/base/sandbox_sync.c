/* dpkg and others call fsync(2) for every step, so that a machine survives a power cut. A tree that is
 * thrown away when the build fails needs none of that. Source: seccomp(2); mkosi and mmdebstrap do alike. */
#define _GNU_SOURCE 1
#include "base/sandbox_sync.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/memory.h"

#if defined __x86_64__
#define OUR_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define OUR_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* "When the number is this one, answer 0 at once." */
#define ANSWER_ZERO(number) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 0)

void sandbox_ignore_sync(void)
{
#ifdef OUR_ARCHITECTURE
	struct sock_filter filter[] = {
		/* another architecture's programs (by emulation of the kernel) have other numbers */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCHITECTURE, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ANSWER_ZERO(__NR_fsync),
		ANSWER_ZERO(__NR_fdatasync),
		ANSWER_ZERO(__NR_sync),
		ANSWER_ZERO(__NR_syncfs),
		ANSWER_ZERO(__NR_sync_file_range),
		ANSWER_ZERO(__NR_msync),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = LENGTH(filter), .filter = filter };
	/* only a matter of speed: where no filter is allowed, the same work is done more slowly */
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
#endif
}
