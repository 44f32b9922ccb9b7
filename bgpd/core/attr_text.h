/* Attributes as text, the way the field writes them, and back. */
#ifndef WEFT_BGPD_CORE_ATTR_TEXT_H
#define WEFT_BGPD_CORE_ATTR_TEXT_H

#include "bgpd/core/attrs.h"
#include "lib/base/strbuf.h"

void as_path_text(struct attr_span as_path, struct strbuf *out);  /* "65001 65002 {1,2}" */
void community_text(uint32_t c, struct strbuf *out);		  /* "65000:1", "no-export" */
void communities_text(struct attr_span s, struct strbuf *out);	  /* separated by spaces */
void large_communities_text(struct attr_span s, struct strbuf *out);
void ext_community_text(const uint8_t *c, struct strbuf *out);	  /* "RT:65000:1", "ET:8", "Rmac:.." */
void ext_communities_text(struct attr_span s, struct strbuf *out);
int community_parse(const char *text, uint32_t *ret);		  /* -EINVAL */
int large_community_parse(const char *text, uint8_t ret[12]);
/* "65000:1", "1.2.3.4:1", with the sub-type of `rt` (2), `soo` (3) as given. */
int ext_community_parse(const char *text, uint8_t sub_type, uint8_t ret[8]);
const char *origin_text(uint8_t origin);			  /* "IGP", "EGP", "incomplete" */

#endif
