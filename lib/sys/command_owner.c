/* Who carries out a command. */
#include <string.h>

#include "lib/sys/commands.h"

unsigned command_owner_parse(const char *daemon)
{
	return strcmp(daemon, "bgpd") == 0	 ? OWNER_BGPD :
	       strcmp(daemon, "overlayd") == 0 ? OWNER_OVERLAYD :
						   0;
}
