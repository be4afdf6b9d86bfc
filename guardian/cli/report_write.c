#include "guardian/cli/report.h"

struct gd_status gd_report_write(const struct gd_report *report, enum gd_format format,
                                 const struct gd_screen *screen, struct gd_error *err)
{
    switch (format) {
    case GD_FORMAT_JSON:
        return gd_report_json(report, screen->stream, err);
    case GD_FORMAT_SARIF:
        return gd_report_sarif(report, screen->stream, err);
    case GD_FORMAT_GITHUB:
        return gd_report_github(report, screen->stream, err);
    case GD_FORMAT_TEXT:
        break;
    }
    return gd_report_text(report, screen, err);
}

struct gd_status gd_report_plan_write(const struct gd_plan *plan, enum gd_format format,
                                      const struct gd_screen *screen, struct gd_error *err)
{
    if (format == GD_FORMAT_TEXT)
        return gd_report_plan_text(plan, screen, err);
    if (format == GD_FORMAT_JSON)
        return gd_report_plan_json(plan, screen->stream, err);
    return gd_report_write(plan->change->report, format, screen, err);
}
