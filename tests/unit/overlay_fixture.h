/* What each test program of overlayd's core begins with: one core, and the kernel
 * that is played to it. */
#ifndef WEFT_TESTS_OVERLAY_FIXTURE_H
#define WEFT_TESTS_OVERLAY_FIXTURE_H

#include <check.h>
#include <linux/rtnetlink.h>

#include "overlay_kernel.h"

static struct overlay_core *core;
static struct fake_kernel kernel;

static void setup(void)
{
	core = overlay_core_new(7);
	fake_init(&kernel, core);
}

static void teardown(void)
{
	fake_fini(&kernel);
	overlay_core_free(core);
}

static struct ip_addr ip(const char *text)
{
	struct ip_addr a;

	ck_assert_int_eq(ip_parse(text, &a), 0);
	return a;
}

static void event(enum overlay_event_type type)
{
	struct overlay_event ev = { .type = type };

	fake_input(&kernel, &ev);
}

/* A link that is there by itself, up; returns its index. */
static uint32_t link_there(const char *name)
{
	uint8_t buf[256];
	struct nlw w = nlw_init(buf, sizeof(buf));
	struct ifinfomsg h = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };

	nlw_begin(&w, RTM_NEWLINK, 0, 0, &h, sizeof(h));
	nlw_str(&w, IFLA_IFNAME, name);
	nlw_u32(&w, IFLA_MTU, 1500);
	nlw_end(&w);
	fake_apply(&kernel, buf, w.len);
	return fake_ifindex(&kernel, name);
}

#endif
