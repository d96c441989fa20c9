// The lab's links: what is wrong with each; instructors change delay and loss, cut and restore.
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { hostName } from '../../../src/messages/ids.ts';
import type { LabDetail } from '../../../src/messages/lab.ts';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { impair, setSegment } from '../../state/actions.ts';
import { lossPercentOf, selectLinks, withDelayAndLoss, type LinkRow } from './select-links.ts';
import './links.css';

interface LinksProps {
  readonly detail: LabDetail;
  readonly mayChange: boolean;
}

export function Links({ detail, mayChange }: LinksProps) {
  const { t } = useTranslation();
  const [changing, setChanging] = useState<string>();
  const rows = selectLinks(detail);
  const row = rows.find((candidate) => candidate.name === changing);
  return (
    <>
      <ul className="links">
        {rows.map((link) => (
          <li key={link.name} data-link={link.name}>
            <div>
              <strong>{link.name}</strong> {link.isCut && <span className="links-cut">{t('cut')}</span>}
              <p className="soft">{link.prefixes.join(' ')}</p>
              {link.ends
                .filter((end) => end.words !== '')
                .map((end) => (
                  <p className="links-words" key={`${end.host} ${end.interface}`}>
                    {end.host} → {end.words}
                  </p>
                ))}
            </div>
            {mayChange && (
              <Button label={t('changeNamed', { name: link.name })} onPress={() => setChanging(link.name)}>
                {t('change')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {row !== undefined && <LinkDialog lab={detail.lab.id} row={row} onClose={() => setChanging(undefined)} />}
    </>
  );
}

function LinkDialog({
  lab,
  row,
  onClose,
}: {
  readonly lab: string;
  readonly row: LinkRow;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const apply = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    for (const [index, end] of row.ends.entries()) {
      const delayMs = Number(values.get(`delay${index}`) ?? 0);
      const lossPercent = Number(values.get(`loss${index}`) ?? 0);
      if (delayMs === (end.egress.delay?.delayMs ?? 0) && lossPercent === lossPercentOf(end.egress)) continue;
      const request = { host: hostName.parse(end.host), interface: end.interface };
      if (!(await impair(lab, { ...request, impairment: withDelayAndLoss(end.egress, delayMs, lossPercent) }))) break;
    }
    onClose();
  };
  return (
    <Dialog title={t('linkTitle', { name: row.name })} onClose={onClose}>
      <form onSubmit={(event) => void apply(event)}>
        {row.ends.map((end, index) => (
          <fieldset key={`${end.host} ${end.interface}`}>
            <legend>{t('direction', { host: end.host, interface: end.interface })}</legend>
            <label>
              {t('delayMs')}
              <input
                name={`delay${index}`}
                type="number"
                min="0"
                max="600000"
                step="any"
                defaultValue={end.egress.delay?.delayMs ?? 0}
              />
            </label>
            <label>
              {t('lossPercent')}
              <input
                name={`loss${index}`}
                type="number"
                min="0"
                max="100"
                step="any"
                defaultValue={lossPercentOf(end.egress)}
              />
            </label>
          </fieldset>
        ))}
        <div className="dialog-buttons">
          <Button
            kind={row.isCut ? 'plain' : 'danger'}
            onPress={() => {
              void setSegment(lab, row.name, row.isCut ? 'up' : 'cut');
              onClose();
            }}
          >
            {row.isCut ? t('restoreLink') : t('cutLink')}
          </Button>
          <span className="spread" />
          <Button onPress={onClose}>{t('cancel')}</Button>
          <Button kind="primary" type="submit">
            {t('apply')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
