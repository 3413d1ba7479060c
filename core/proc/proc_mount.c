#include "proc_mount.h"

#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

enum proc_mount proc_mount_check(void)
{
	struct statfs fs;
	char self[32];
	if (statfs("/proc", &fs) != 0 || fs.f_type != PROC_SUPER_MAGIC)
		return PROC_MOUNT_NONE;
	/* The link has this process's pid in the namespace of that /proc; it may have none there.
	 */
	ssize_t size = readlink("/proc/self", self, sizeof(self) - 1);
	self[size > 0 ? size : 0] = '\0';
	return strtol(self, NULL, 10) == getpid() ? PROC_MOUNT_OWN : PROC_MOUNT_FOREIGN;
}
