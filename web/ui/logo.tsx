export function Logo({ size = 20 }: { size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      aria-hidden="true"
      className="shrink-0 fill-accent"
    >
      <rect x="1" y="11" width="4" height="8" rx="1.2" opacity=".45" />
      <rect x="8" y="6" width="4" height="13" rx="1.2" opacity=".7" />
      <rect x="15" y="1" width="4" height="18" rx="1.2" />
    </svg>
  )
}
