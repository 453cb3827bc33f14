import { QueryClientProvider } from '@tanstack/react-query'
import { createRootRoute, createRoute, createRouter, RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createQueryClient } from './data/queries.ts'
import { parseSearch, readView, type Search, stringifySearch, writeView } from './data/view.ts'
import { NotFound } from './pages/not-found.tsx'
import { Overview } from './pages/overview.tsx'
import { Broken } from './ui/boundary.tsx'
import './theme.css'

const rootRoute = createRootRoute({ notFoundComponent: NotFound })
const overviewRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  component: Overview,
  validateSearch: (search: Record<string, unknown>): Search =>
    writeView(readView(search as Search)),
})
const router = createRouter({
  routeTree: rootRoute.addChildren([overviewRoute]),
  parseSearch,
  stringifySearch,
  defaultErrorComponent: () => <Broken className="min-h-dvh" />,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={createQueryClient()}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)
