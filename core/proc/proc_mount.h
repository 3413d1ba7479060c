/* Whether the /proc of this process shows its own pid namespace: forklab reads everything there. */
#pragma once

enum proc_mount {
	PROC_MOUNT_OWN,
	PROC_MOUNT_NONE,   /* no proc(5) is mounted there */
	PROC_MOUNT_FOREIGN /* that of another pid namespace: its pids are of other processes */
};

/* Of the calling process. Any process and thread may call it. */
enum proc_mount proc_mount_check(void);
