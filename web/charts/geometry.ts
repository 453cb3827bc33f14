/** Where the plot lies within the chart, px. Fixed, so that the layer above it can place things without asking Recharts. */
export const margin = { top: 12, right: 16, bottom: 0, left: 0 } as const
export const axisWidth = 48
export const axisHeight = 28

export interface PlotBox {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

export function plotBox(width: number, height: number): PlotBox {
  return {
    left: axisWidth,
    top: margin.top,
    width: Math.max(1, width - axisWidth - margin.right),
    height: Math.max(1, height - margin.top - axisHeight),
  }
}
