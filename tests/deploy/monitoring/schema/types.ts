// A dashboard by Grafana's own types, panel by panel: those of @grafana/schema leave options open.
import type { AnnotationQuery, Dashboard, DataSourceRef, FieldConfig, Panel, RowPanel } from "./node_modules/@grafana/schema/dist/types/raw/dashboard/x/dashboard_types.gen";
import type { Options as StatOptions } from "./node_modules/@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type { Options as TableOptions, FieldConfig as TableField } from "./node_modules/@grafana/schema/dist/types/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type { Options as TextOptions } from "./node_modules/@grafana/schema/dist/types/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen";
import type { Options as SeriesOptions, FieldConfig as SeriesField } from "./node_modules/@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

/** A query of the data source prometheus. */
interface Target {
  refId: string;
  datasource: DataSourceRef;
  editorMode: "code";
  expr: string;
  legendFormat: string;
  instant: boolean;
  range: boolean;
  format: "time_series" | "table";
}

type Of<Type extends string, Options, Custom> = Omit<Panel, "type" | "options" | "fieldConfig" | "targets"> & {
  type: Type;
  options: Options;
  fieldConfig: { defaults: Omit<FieldConfig, "custom"> & { custom?: Custom }; overrides: [] };
  targets?: Target[];
};

type AnyPanel =
  | RowPanel
  | Of<"stat", StatOptions, never>
  | Of<"table", Omit<TableOptions, "frameIndex"> & { frameIndex?: number }, Partial<TableField>>
  | Of<"text", TextOptions, never>
  | Of<"timeseries", SeriesOptions, SeriesField>;

/** Moments by a query: what the data source has beside the common fields. */
interface Moments extends AnnotationQuery {
  expr?: string;
  step?: string;
  titleFormat?: string;
  textFormat?: string;
  useValueForTime?: boolean;
}

export type Presslate = Omit<Dashboard, "panels" | "annotations"> & {
  panels: AnyPanel[];
  annotations: { list: Moments[] };
};
