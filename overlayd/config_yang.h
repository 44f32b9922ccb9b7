/* From the configuration tree to struct overlay_config. */
#ifndef WEFT_OVERLAYD_CONFIG_YANG_H
#define WEFT_OVERLAYD_CONFIG_YANG_H

#include "lib/base/err.h"
#include "lib/sys/config.h"
#include "overlayd/core/config.h"

/* NULL and a sentence if something can't be done. */
struct overlay_config *config_yang_build(const struct config *tree, struct err *e);

#endif
