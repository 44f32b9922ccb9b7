/* Giving up root while keeping what sockets and netlink need. */
#include <config.h>

#include "lib/sys/privs.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int caps_set(uint64_t keep, struct err *err)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++) {
		data[i].effective = data[i].permitted = (uint32_t)(keep >> (32 * i));
		data[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &head, data) < 0)
		return err_set(err, errno, "capabilities: %s", strerror(errno));
	return 0;
}

int privs_drop(const char *user, const char *group, uint64_t keep, struct err *err)
{
	struct passwd *pw = user ? getpwnam(user) : NULL;
	struct group *gr = group ? getgrnam(group) : NULL;
	gid_t gid;

	if (user && !pw)
		return err_set(err, ENOENT, "there is no user '%s'", user);
	if (group && !gr)
		return err_set(err, ENOENT, "there is no group '%s'", group);
	gid = gr ? gr->gr_gid : pw ? pw->pw_gid : getgid();
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ||
			(pw && initgroups(user, gid) < 0) || setresgid(gid, gid, gid) < 0 ||
			(pw && setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) < 0))
		return err_set(err, errno, "user %s, group %s: %s", user ? user : "-",
				group ? group : "-", strerror(errno));
	/* A change of user clears this, and with it core dumps. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	return pw && pw->pw_uid != 0 ? caps_set(keep, err) : 0;
}
