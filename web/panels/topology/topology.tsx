// The map: hosts as boxes that open their terminal, links as lines that say what is wrong with them.
import { useMemo, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import {
  Background,
  BaseEdge,
  Controls,
  EdgeLabelRenderer,
  getStraightPath,
  Handle,
  Position,
  ReactFlow,
  ReactFlowProvider,
  type Edge,
  type EdgeProps,
  type Node,
  type NodeProps,
} from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import type { LabDetail } from '../../../src/messages/lab.ts';
import { RoleIcon } from '../../kit/role-icon.tsx';
import { useStore } from '../../state/store.ts';
import { openHost } from '../../state/actions.ts';
import { selectTopology, type MapHost, type MapHub, type MapLine } from './select-topology.ts';
import './topology.css';

type HostNode = Node<{ host: MapHost; isOpen: boolean; isActive: boolean }, 'host'>;
type HubNode = Node<{ hub: MapHub }, 'hub'>;
type LineEdge = Edge<{ line: MapLine }, 'line'>;

/** Lines run from middle to middle, below the boxes. */
function Middle() {
  return (
    <>
      <Handle type="source" position={Position.Top} isConnectable={false} className="map-middle" />
      <Handle type="target" position={Position.Top} isConnectable={false} className="map-middle" />
    </>
  );
}

function HostBox({ data }: NodeProps<HostNode>) {
  const { t } = useTranslation();
  const { host, isOpen, isActive } = data;
  return (
    <button
      type="button"
      className={`map-host nodrag ${isActive ? 'is-active' : ''}`}
      data-host={host.id}
      aria-pressed={isOpen}
      aria-label={t('openTerminal', { host: host.id })}
      onClick={() => openHost(host.id)}
    >
      <Middle />
      <RoleIcon role={host.role} />
      <span className="map-host-text">
        <span className="map-host-name">{host.id}</span>
        {host.addresses.slice(0, 3).map((address) => (
          <span className="map-address" key={address}>
            {address}
          </span>
        ))}
        {host.addresses.length > 3 && <span className="map-address">+{host.addresses.length - 3}</span>}
      </span>
    </button>
  );
}

function Hub({ data }: NodeProps<HubNode>) {
  return (
    <div className={`map-hub ${data.hub.isCut ? 'is-cut' : ''}`}>
      <Middle />
      {data.hub.name}
    </div>
  );
}

function Line({ sourceX, sourceY, targetX, targetY, data }: EdgeProps<LineEdge>) {
  const { t } = useTranslation();
  const [path, labelX, labelY] = getStraightPath({ sourceX, sourceY, targetX, targetY });
  const line = data?.line;
  if (line === undefined) return null;
  const notes = line.isCut ? [t('cut'), ...line.notes] : line.notes;
  const kind = line.isCut ? 'is-cut' : line.notes.length > 0 ? 'is-impaired' : '';
  return (
    <>
      <BaseEdge path={path} className={`map-line ${kind}`} />
      {notes.length > 0 && (
        <EdgeLabelRenderer>
          <div
            className={`map-note ${kind}`}
            style={{ transform: `translate(-50%, 26px) translate(${labelX}px, ${labelY}px)` }}
          >
            {notes.map((note) => (
              <div key={note}>{note}</div>
            ))}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
}

const nodeTypes = { host: HostBox, hub: Hub };
const edgeTypes = { line: Line };

export function Topology({ detail }: { readonly detail: LabDetail }) {
  const { t } = useTranslation();
  const open = useStore((state) => state.open);
  const active = useStore((state) => state.active);
  const drawing = useMemo(() => selectTopology(detail), [detail]);
  const nodes = useMemo<(HostNode | HubNode)[]>(
    () => [
      ...drawing.hubs.map((hub): HubNode => ({
        id: hub.id,
        type: 'hub',
        position: { x: hub.x, y: hub.y },
        origin: [0.5, 0.5],
        data: { hub },
      })),
      ...drawing.hosts.map((host): HostNode => ({
        id: host.id,
        type: 'host',
        position: { x: host.x, y: host.y },
        origin: [0.5, 0.5],
        data: { host, isOpen: open.some((name) => name === host.id), isActive: active === host.id },
      })),
    ],
    [drawing, open, active],
  );
  const edges = useMemo<LineEdge[]>(
    () =>
      drawing.lines.map((line) => ({ id: line.id, type: 'line', source: line.from, target: line.to, data: { line } })),
    [drawing],
  );
  // The box is a button of its own; the map's arrow keys would move it.
  const keepKeys = (event: KeyboardEvent): void => event.stopPropagation();
  return (
    <section className="map" aria-label={t('mapLabel')} onKeyDown={keepKeys}>
      <ReactFlowProvider>
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          zoomOnDoubleClick={false}
          preventScrolling={false}
          zoomOnScroll={false}
          minZoom={0.2}
          maxZoom={1.4}
          fitView
          fitViewOptions={{ padding: 0.12, maxZoom: 1.15 }}
          onInit={(map) => {
            // The map follows its window: a lab is small enough to be seen whole.
            const box = document.querySelector('.map');
            if (box === null) return;
            new ResizeObserver(() => void map.fitView({ padding: 0.12, maxZoom: 1.15 })).observe(box);
          }}
        >
          <Background gap={24} size={1} />
          <Controls showInteractive={false} />
        </ReactFlow>
      </ReactFlowProvider>
    </section>
  );
}
