/* The exit statuses of forklab; --help lists them. */
#pragma once

enum {
	STATUS_OK = 0,
	STATUS_FAIL_ON = 1, /* a verdict named by --fail-on occurred */
	STATUS_USAGE = 2,   /* a mistake on the command line */
	STATUS_BROKEN = 3,
	STATUS_SIGNAL = 128 /* plus the number of the signal that ended it */
};
