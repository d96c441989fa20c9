// Small drawings for what a host is.
import type { LabHost } from '../../src/messages/lab.ts';

const paths: Readonly<Record<LabHost['role'], string>> = {
  client: 'M4 5h16v10H4zM2.5 19h19M9 15v4M15 15v4',
  server: 'M5 3.5h14v7H5zM5 13.5h14v7H5zM8.5 7h.01M8.5 17h.01M12 7h4M12 17h4',
  router:
    'M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18M12 6v4M12 18v-4M10 8l2-2l2 2M10 16l2 2l2-2M6 12h4M18 12h-4M8.5 10.5L10 12l-1.5 1.5M15.5 10.5L14 12l1.5 1.5',
  dns: 'M5 3.5h11a3 3 0 0 1 3 3v14H8a3 3 0 0 1-3-3zM5 17.5a3 3 0 0 1 3-3h11M9 8h6',
};

export function RoleIcon({ role }: { readonly role: LabHost['role'] }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width="24"
      height="24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      aria-hidden="true"
    >
      <path d={paths[role]} strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
